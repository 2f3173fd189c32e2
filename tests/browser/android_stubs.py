"""What the Android example uses of Android, org.json and LiteRT, for a compiler that has none of them.

Only LiteRT's interpreter does anything; the rest is declared for the compiler. `TODO()`, Kotlin's own function, ends
the test if something calls it. The interpreter asks the test for what the file answers, over its standard streams, and
keeps LiteRT's rules: an array gives the clip its length, and a buffer takes an answer that is smaller than itself.
"""

STUBS = {
    "android.app": """
open class Activity {
    open fun onCreate(savedInstanceState: android.os.Bundle?) {}
    fun setContentView(view: android.widget.TextView) {}
    fun runOnUiThread(action: Runnable) {}
    val assets: android.content.res.AssetManager get() = TODO()
}
""",
    "android.os": "class Bundle\n",
    "android.widget": """
class TextView(context: android.app.Activity) {
    var textSize = 0f
    var text: CharSequence = ""
}
""",
    "android.content.res": """
class AssetManager {
    fun open(name: String): java.io.InputStream = TODO()
    fun openFd(name: String): AssetFileDescriptor = TODO()
}
class AssetFileDescriptor : java.io.Closeable {
    val fileDescriptor: java.io.FileDescriptor get() = TODO()
    val startOffset: Long get() = TODO()
    val declaredLength: Long get() = TODO()
    override fun close() {}
}
""",
    "org.json": """
class JSONArray {
    fun length(): Int = TODO()
    fun getString(place: Int): String = TODO()
}
class JSONObject(text: String) {
    fun getString(key: String): String = TODO()
    fun optString(key: String): String = TODO()
    fun getInt(key: String): Int = TODO()
    fun getDouble(key: String): Double = TODO()
    fun isNull(key: String): Boolean = TODO()
    fun getJSONArray(key: String): JSONArray = TODO()
    fun getJSONObject(key: String): JSONObject = TODO()
}
""",
    "org.tensorflow.lite": """
import java.io.DataInputStream
import java.io.DataOutputStream
import java.nio.ByteBuffer

class Interpreter(model: ByteBuffer, options: Options) : AutoCloseable {
    class Options { fun setNumThreads(number: Int): Options = this }

    private val asked = DataOutputStream(System.out.buffered())
    private val answered = DataInputStream(System.`in`.buffered())

    fun getSignatureOutputs(key: String): Array<String> = arrayOf("confidence", "outputs")

    fun runSignature(inputs: Map<String, Any>, outputs: Map<String, Any>, key: String) {
        require(key == "serving_default" && outputs.keys == setOf("confidence", "outputs"))
        val clip = inputs.getValue("inputs") as Array<*>
        asked.writeInt(clip.size)
        for (frame in clip) for (value in frame as FloatArray) asked.writeFloat(value)
        asked.flush()
        val numValues = answered.readInt()
        val rows = outputs.getValue("outputs") as ByteBuffer
        require(rows.isDirect && rows.capacity() >= numValues * 4)
        repeat(numValues) { rows.putFloat(answered.readFloat()) }
        (outputs.getValue("confidence") as ByteBuffer).putFloat(answered.readFloat())
    }

    override fun close() {}
}
""",
}

# Reads the clips of a file with the example, and writes the readings into another one.
READER = """
package podium

import java.io.DataInputStream
import java.io.DataOutputStream
import java.io.File
import java.nio.ByteBuffer

fun main(files: Array<String>) {
    val given = DataInputStream(File(files[0]).inputStream().buffered())
    val settings = Settings(
        columns = List(given.readInt()) { given.readUTF() },
        alphabet = given.readUTF(),
        minFrames = given.readInt(),
        minConfidence = given.readDouble(),
        frameRate = given.readDouble(),
        hasShortHolds = given.readBoolean(),
        maxFrames = given.readInt(),
    )
    val recognizer = Recognizer(ByteBuffer.allocateDirect(1), settings)
    recognizer.warmUp()
    DataOutputStream(File(files[1]).outputStream().buffered()).use { out ->
        repeat(given.readInt()) {
            val fps = given.readDouble()
            val clip = Array(given.readInt()) { FloatArray(settings.columns.size) { given.readFloat() } }
            val reading = recognizer.read(clip, if (fps.isNaN()) null else fps)
            out.writeUTF(reading.text)
            out.writeUTF(reading.reason)
            out.writeFloat(reading.confidence ?: Float.NaN)
        }
    }
}
"""
