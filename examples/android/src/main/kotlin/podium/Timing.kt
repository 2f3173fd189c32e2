package podium

import kotlin.math.abs

// What happens to the frames of a clip before the model sees them, as in podium/landmarks/timing.py.

private const val SAME_RATE = 0.05 // relative: rates this close count as equal
private const val IDLE_FRAMES = 3 // so many frames without a hand may stay at each end; of more, KEPT_FRAMES stay
private const val KEPT_FRAMES = 1

/** The clip as a camera of another rate sees it: new frames lie on lines between two frames. */
fun resampled(clip: Array<FloatArray>, fps: Double, modelRate: Double): Array<FloatArray> {
    val step = fps / modelRate
    if (clip.size < 2 || abs(step - 1) <= SAME_RATE) return clip
    return Array(((clip.size - 1) / step + 1e-6).toInt() + 1) { number ->
        val place = number * step
        val first = minOf(place.toInt(), clip.size - 1)
        val share = (place - first).toFloat()
        val (before, after) = clip[first] to clip[minOf(first + 1, clip.size - 1)]
        FloatArray(before.size) { column ->
            val value = before[column] + (after[column] - before[column]) * share
            when {
                !value.isNaN() -> value
                share < 0.5f -> before[column]
                else -> after[column]
            }
        }
    }
}

/** The frames from the first to the last with a hand, and a little around them; none if no frame has a hand. */
fun signing(clip: Array<FloatArray>, settings: Settings): Array<FloatArray> {
    val seen = clip.indices.filter { hasHand(clip[it], settings) }
    if (seen.isEmpty()) return emptyArray()
    var (begin, end) = seen.first() to seen.last() + 1
    begin -= kept(begin)
    end += kept(clip.size - end)
    // A short word keeps more of its ends, so that it stays long enough to be read.
    val lacking = maxOf(settings.minFrames - (end - begin), 0)
    val length = maxOf(settings.minFrames, end - begin)
    begin = maxOf(minOf(begin - lacking / 2, clip.size - length), 0)
    end = minOf(maxOf(end, begin + settings.minFrames), clip.size)
    return clip.copyOfRange(begin, end)
}

/** A hand is there if one of its points has x and y. */
private fun hasHand(frame: FloatArray, settings: Settings): Boolean = settings.hands.any { (x, y) ->
    x.indices.any { !frame[x[it]].isNaN() && !frame[y[it]].isNaN() }
}

private fun kept(numIdle: Int) = if (numIdle <= IDLE_FRAMES) numIdle else KEPT_FRAMES
