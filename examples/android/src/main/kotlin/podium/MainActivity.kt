package podium

import android.app.Activity
import android.os.Bundle
import android.widget.TextView
import java.io.FileInputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import kotlin.concurrent.thread

/** Reads the clip `assets/clip.f32` and shows its text. An app of yours hands over what MediaPipe finds. */
class MainActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val view = TextView(this)
        view.textSize = 32f
        setContentView(view)
        thread {
            val settings = Settings.of(text("inference_args.json"), text("model_card.json"))
            val reading = Recognizer(model(), settings).use { recognizer ->
                recognizer.warmUp()
                recognizer.read(clip(settings.columns.size))
            }
            runOnUiThread { view.text = reading.text.ifEmpty { "no text: ${reading.reason}" } }
        }
    }

    private fun text(name: String) = assets.open(name).bufferedReader().use { it.readText() }

    private fun model(): ByteBuffer = assets.openFd("model.tflite").use { file ->
        val channel = FileInputStream(file.fileDescriptor).channel
        channel.map(FileChannel.MapMode.READ_ONLY, file.startOffset, file.declaredLength)
    }

    /** Float32, little-endian, frame after frame. */
    private fun clip(numColumns: Int): Array<FloatArray> {
        val values = ByteBuffer.wrap(assets.open("clip.f32").use { it.readBytes() }).order(ByteOrder.LITTLE_ENDIAN)
        val numFrames = values.remaining() / (Float.SIZE_BYTES * numColumns)
        return Array(numFrames) { FloatArray(numColumns) { values.getFloat() } }
    }
}
