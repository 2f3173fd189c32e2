// What happens to the frames of a clip before the model sees them, as in podium/landmarks/timing.py.

private let sameRate = 0.05  // relative: rates this close count as equal
private let idleFrames = 3  // so many frames without a hand may stay at each end; of more, keptFrames stay
private let keptFrames = 1

/// The clip as a camera of another rate sees it: new frames lie on lines between two frames.
func resampled(_ clip: [[Float]], fps: Double, modelRate: Double) -> [[Float]] {
    let step = fps / modelRate
    if clip.count < 2 || abs(step - 1) <= sameRate { return clip }
    let numFrames = Int(Double(clip.count - 1) / step + 1e-6) + 1
    return (0..<numFrames).map { number in
        let place = Double(number) * step
        let first = min(Int(place), clip.count - 1)
        let share = Float(place - Double(first))
        return zip(clip[first], clip[min(first + 1, clip.count - 1)]).map { before, after in
            let value = before + (after - before) * share
            return value.isNaN ? (share < 0.5 ? before : after) : value
        }
    }
}

/// The frames from the first to the last with a hand, and a little around them; none if no frame has a hand.
func signing(_ clip: [[Float]], settings: Settings) -> [[Float]] {
    let seen = clip.indices.filter { hasHand(clip[$0], settings: settings) }
    guard let first = seen.first, let last = seen.last else { return [] }
    var begin = first - kept(first)
    var end = last + 1 + kept(clip.count - (last + 1))
    // A short word keeps more of its ends, so that it stays long enough to be read.
    let lacking = max(settings.minFrames - (end - begin), 0)
    let length = max(settings.minFrames, end - begin)
    begin = max(min(begin - lacking / 2, clip.count - length), 0)
    end = min(max(end, begin + settings.minFrames), clip.count)
    return Array(clip[begin..<end])
}

/// A hand is there if one of its points has x and y.
private func hasHand(_ frame: [Float], settings: Settings) -> Bool {
    settings.hands.contains { hand in
        zip(hand.x, hand.y).contains { x, y in !frame[x].isNaN && !frame[y].isNaN }
    }
}

private func kept(_ numIdle: Int) -> Int {
    numIdle <= idleFrames ? numIdle : keptFrames
}
