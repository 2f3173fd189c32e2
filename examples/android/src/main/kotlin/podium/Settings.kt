package podium

import org.json.JSONObject

/** What `inference_args.json` and `model_card.json`, which lie beside an exported model, say of it. */
class Settings(
    val columns: List<String>,
    val alphabet: String,
    val minFrames: Int,
    val minConfidence: Double,
    val frameRate: Double?,
    val hasShortHolds: Boolean,
    val maxFrames: Int,
) {
    /** For each hand the places of its x and of its y among the columns. */
    val hands: List<Pair<IntArray, IntArray>> = listOf("left_hand", "right_hand").map { hand ->
        placesOf("x_$hand") to placesOf("y_$hand")
    }

    private fun placesOf(start: String) = columns.indices.filter { columns[it].startsWith(start) }.toIntArray()

    companion object {
        fun of(inferenceArgs: String, modelCard: String): Settings {
            val (args, card) = JSONObject(inferenceArgs) to JSONObject(modelCard)
            check(args.getString("system") == "fingerspelling") { "this example reads fingerspelling alone" }
            val columns = args.getJSONArray("selected_columns")
            return Settings(
                columns = List(columns.length()) { columns.getString(it) },
                alphabet = card.getJSONObject("output").getString("alphabet"),
                minFrames = args.getInt("min_frames"),
                minConfidence = args.getDouble("min_confidence"),
                frameRate = if (args.isNull("frame_rate")) null else args.getDouble("frame_rate"),
                hasShortHolds = args.optString("holds") == "short",
                maxFrames = card.getJSONObject("input").getInt("max_frames"),
            )
        }
    }
}
