package podium

import kotlin.math.floor
import kotlin.math.pow
import kotlin.math.sqrt

// Frames in which the hands hardly move are thinned out, as in podium/landmarks/holds.py. Only models whose settings
// say `holds: short` want this.

private const val WAY_PER_FRAME = 0.15 // radii of the hand between two frames that are kept
private const val LEAST_ADVANCE = 0.06 // of a frame in which nothing moves
private const val SPAN = 3 // frames over which a speed is taken

private typealias Hand = Array<DoubleArray> // x and y of all points

fun moving(clip: Array<FloatArray>, settings: Settings): Array<FloatArray> {
    val advance = DoubleArray(clip.size) { LEAST_ADVANCE }
    for ((x, y) in settings.hands) {
        val frames = clip.map { handIn(it, x, y) }
        speeds(frames).forEachIndexed { frame, speed ->
            advance[frame] = maxOf(advance[frame], minOf(speed / WAY_PER_FRAME, 1.0))
        }
    }
    advance[0] = 1.0
    val lacking = minOf(settings.minFrames, clip.size) - advance.sum()
    if (lacking > 0) {
        val slow = advance.map { 1 - it }
        val share = lacking / slow.sum()
        slow.forEachIndexed { frame, value -> advance[frame] += value * share }
    }
    var way = 0.0
    return clip.filterIndexed { frame, _ ->
        val before = floor(way + 1e-6)
        way += advance[frame]
        floor(way + 1e-6) > before
    }.toTypedArray()
}

/** Null if one of the points is missing. */
private fun handIn(frame: FloatArray, x: IntArray, y: IntArray): Hand? {
    val hand = arrayOf(x, y).map { places -> DoubleArray(places.size) { frame[places[it]].toDouble() } }
    return if (hand.any { axis -> axis.any(Double::isNaN) }) null else hand.toTypedArray()
}

/** Radii per frame over the last `SPAN` frames; 0 while the hand was not seen at both ends of them. */
private fun speeds(frames: List<Hand?>): DoubleArray {
    val speed = DoubleArray(frames.size)
    val smooth = frames.indices.map { if (frames[it] == null) null else smoothed(frames, it) }
    val seen = smooth.filterNotNull()
    if (seen.isEmpty()) return speed
    val radii = DoubleArray(2) { axis -> maxOf(median(seen.map { deviation(it[axis]) }), 1e-9) }
    for (span in 1..minOf(SPAN, frames.size - 1)) { // the first frames have fewer before them
        for (frame in span until frames.size) {
            val (after, before) = smooth[frame] to smooth[frame - span]
            speed[frame] = if (after == null || before == null) 0.0 else distance(after, before, radii) / span
        }
    }
    return speed
}

/** The mean of a frame and its neighbours, of those in which the hand was seen. */
private fun smoothed(frames: List<Hand?>, frame: Int): Hand {
    val seen = (frame - 1..frame + 1).mapNotNull { frames.getOrNull(it) }
    return Array(2) { axis -> DoubleArray(seen[0][axis].size) { point -> seen.sumOf { it[axis][point] } / seen.size } }
}

private fun distance(after: Hand, before: Hand, radii: DoubleArray): Double {
    val squares = after[0].indices.map { point ->
        (0..1).sumOf { axis -> ((after[axis][point] - before[axis][point]) / radii[axis]).pow(2) }
    }
    return sqrt(squares.average() / 2)
}

private fun deviation(values: DoubleArray): Double {
    val mean = values.average()
    return sqrt(values.map { (it - mean).pow(2) }.average())
}

private fun median(values: List<Double>): Double {
    val sorted = values.sorted()
    return (sorted[(sorted.size - 1) / 2] + sorted[sorted.size / 2]) / 2
}
