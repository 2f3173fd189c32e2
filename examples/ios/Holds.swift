// Frames in which the hands hardly move are thinned out, as in podium/landmarks/holds.py. Only models whose settings
// say `holds: short` want this.

private let wayPerFrame = 0.15  // radii of the hand between two frames that are kept
private let leastAdvance = 0.06  // of a frame in which nothing moves
private let span = 3  // frames over which a speed is taken

private typealias Hand = [[Double]]  // x and y of all points

func moving(_ clip: [[Float]], settings: Settings) -> [[Float]] {
    var advance = [Double](repeating: leastAdvance, count: clip.count)
    for places in settings.hands {
        let frames = clip.map { handIn($0, x: places.x, y: places.y) }
        for (frame, speed) in speeds(frames).enumerated() {
            advance[frame] = max(advance[frame], min(speed / wayPerFrame, 1))
        }
    }
    advance[0] = 1
    let lacking = Double(min(settings.minFrames, clip.count)) - advance.reduce(0, +)
    if lacking > 0 {
        let slow = advance.map { 1 - $0 }
        let share = lacking / slow.reduce(0, +)
        for frame in advance.indices { advance[frame] += slow[frame] * share }
    }
    var way = 0.0
    return zip(clip, advance).filter { _, step in
        let before = (way + 1e-6).rounded(.down)
        way += step
        return (way + 1e-6).rounded(.down) > before
    }.map { frame, _ in frame }
}

/// Nil if one of the points is missing.
private func handIn(_ frame: [Float], x: [Int], y: [Int]) -> Hand? {
    let hand = [x, y].map { places in places.map { Double(frame[$0]) } }
    return hand.joined().contains { $0.isNaN } ? nil : hand
}

/// Radii per frame over the last `span` frames; 0 while the hand was not seen at both ends of them.
private func speeds(_ frames: [Hand?]) -> [Double] {
    var speed = [Double](repeating: 0, count: frames.count)
    let smooth = frames.indices.map { frames[$0] == nil ? nil : smoothed(frames, at: $0) }
    let seen = smooth.compactMap { $0 }
    if seen.isEmpty { return speed }
    let radii = (0..<2).map { axis in max(median(seen.map { deviation($0[axis]) }), 1e-9) }
    // The first frames have fewer before them.
    for length in stride(from: 1, through: min(span, frames.count - 1), by: 1) {
        for frame in length..<frames.count {
            if let after = smooth[frame], let before = smooth[frame - length] {
                speed[frame] = distance(after, before, radii) / Double(length)
            } else {
                speed[frame] = 0
            }
        }
    }
    return speed
}

/// The mean of a frame and its neighbours, of those in which the hand was seen.
private func smoothed(_ frames: [Hand?], at frame: Int) -> Hand {
    let seen = frames[max(frame - 1, 0)...min(frame + 1, frames.count - 1)].compactMap { $0 }
    return (0..<2).map { axis in
        seen[0][axis].indices.map { point in seen.map { $0[axis][point] }.reduce(0, +) / Double(seen.count) }
    }
}

private func distance(_ after: Hand, _ before: Hand, _ radii: [Double]) -> Double {
    let squares = after[0].indices.map { point in
        (0..<2).map { axis -> Double in
            let way = (after[axis][point] - before[axis][point]) / radii[axis]
            return way * way
        }.reduce(0, +)
    }
    return (mean(squares) / 2).squareRoot()
}

private func deviation(_ values: [Double]) -> Double {
    let middle = mean(values)
    return mean(values.map { ($0 - middle) * ($0 - middle) }).squareRoot()
}

private func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
}

private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
