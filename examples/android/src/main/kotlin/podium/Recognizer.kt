package podium

import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.tensorflow.lite.Interpreter

/** `reason` says why there is no text, in the words of Podium's library (docs/predict.md); else it is empty. */
data class Reading(val text: String, val reason: String, val confidence: Float?)

/**
 * Reads clips of landmarks with `model.tflite`, `model_fp32.tflite` or `model_int8.tflite` of an export. Calls of one
 * object must not overlap.
 *
 * @param model The file, mapped into memory.
 */
class Recognizer(model: ByteBuffer, private val settings: Settings, numThreads: Int = 2) : AutoCloseable {
    private val interpreter = Interpreter(model, Interpreter.Options().setNumThreads(numThreads))
    private val hasConfidence = "confidence" in interpreter.getSignatureOutputs(SIGNATURE)

    /** The first call with a longer clip than before is slow; after this one, none is. */
    fun warmUp() {
        run(Array(settings.maxFrames) { FloatArray(settings.columns.size) })
    }

    /**
     * @param frames One row per frame with the values of `settings.columns`, as MediaPipe Holistic gives them: x and y
     *     in fractions of the picture. NaN where a landmark is missing, never 0.
     * @param fps Frames a second of the clip; null if they are those of the model.
     */
    fun read(frames: Array<FloatArray>, fps: Double? = null): Reading {
        require(frames.all { it.size == settings.columns.size }) { "a frame must have ${settings.columns.size} values" }
        require(frames.none { frame -> frame.any { it > MAX_COORDINATE || it < -MAX_COORDINATE } }) {
            "a value is infinite; a missing landmark is NaN"
        }
        if (frames.isEmpty()) return Reading("", "no_frames", null)
        var clip = if (fps == null || settings.frameRate == null) frames else resampled(frames, fps, settings.frameRate)
        clip = signing(clip, settings)
        if (clip.isEmpty()) return Reading("", "no_hand", null)
        if (settings.hasShortHolds) clip = moving(clip, settings)
        val (rows, confidence) = run(clip)
        // If the model has not read the clip, its rows are exactly 0 and 1: a fixed phrase, meant for Kaggle.
        if (rows.any { row -> row.any { it != 0f && it != 1f } }) {
            val characters = rows.map { row -> settings.alphabet[row.indices.maxBy { row[it] }] }
            return Reading(characters.joinToString(""), "", confidence)
        }
        val reason = when {
            clip.size < settings.minFrames -> "too_short"
            confidence != null && confidence < settings.minConfidence -> "not_trusted"
            else -> "ended_at_once"
        }
        return Reading("", reason, confidence)
    }

    private fun run(clip: Array<FloatArray>): Pair<List<FloatArray>, Float?> {
        val numCharacters = settings.alphabet.length
        val (rows, confidence) = floats(MAX_ROWS * numCharacters) to floats(1)
        val outputs = mutableMapOf<String, Any>("outputs" to rows)
        if (hasConfidence) outputs["confidence"] = confidence
        // An array, not a buffer: only then does the interpreter take the length of the clip from it.
        interpreter.runSignature(mapOf<String, Any>("inputs" to clip), outputs, SIGNATURE)
        // The buffer tells how many rows there are. The interpreter's own shape may be that of an earlier answer.
        val numRows = rows.position() / (Float.SIZE_BYTES * numCharacters)
        rows.rewind()
        confidence.rewind()
        return List(numRows) { FloatArray(numCharacters) { rows.getFloat() } } to
            if (hasConfidence) confidence.getFloat() else null
    }

    override fun close() = interpreter.close()

    private companion object {
        const val SIGNATURE = "serving_default"
        const val MAX_ROWS = 33 // no answer has more characters
        const val MAX_COORDINATE = 1e15f

        fun floats(number: Int): ByteBuffer =
            ByteBuffer.allocateDirect(number * Float.SIZE_BYTES).order(ByteOrder.nativeOrder())
    }
}
