import Foundation
import TensorFlowLite

/// `reason` says why there is no text, in the words of Podium's library (docs/predict.md); else it is empty.
struct Reading {
    let text: String
    let reason: String
    let confidence: Float?
}

enum ReadingError: Error {
    case otherSystem(String)
    case otherColumns(Int)
    case infiniteValue
}

/// Reads clips of landmarks with `model.tflite` or `model_fp32.tflite` of an export. Calls of one object must not
/// overlap.
final class Recognizer {
    private let settings: Settings
    private let runner: SignatureRunner

    init(modelPath: String, settings: Settings, numThreads: Int = 2) throws {
        var options = Interpreter.Options()
        options.threadCount = numThreads
        options.isXNNPackEnabled = true  // TensorFlow Lite's quick operators; off by default on iOS
        runner = try Interpreter(modelPath: modelPath, options: options).signatureRunner(with: "serving_default")
        self.settings = settings
    }

    /// The first call with a longer clip than before is slow; after this one, none is.
    func warmUp() throws {
        let frame = [Float](repeating: 0, count: settings.columns.count)
        _ = try run([[Float]](repeating: frame, count: settings.maxFrames))
    }

    /// - Parameters:
    ///   - frames: One row per frame with the values of `settings.columns`, as MediaPipe Holistic gives them: x and y
    ///     in fractions of the picture. NaN where a landmark is missing, never 0.
    ///   - fps: Frames a second of the clip; nil if they are those of the model.
    func read(_ frames: [[Float]], fps: Double? = nil) throws -> Reading {
        for frame in frames {
            guard frame.count == settings.columns.count else { throw ReadingError.otherColumns(frame.count) }
            guard !frame.contains(where: { abs($0) > 1e15 }) else { throw ReadingError.infiniteValue }
        }
        if frames.isEmpty { return Reading(text: "", reason: "no_frames", confidence: nil) }
        var clip = frames
        if let fps, let modelRate = settings.frameRate { clip = resampled(clip, fps: fps, modelRate: modelRate) }
        clip = signing(clip, settings: settings)
        if clip.isEmpty { return Reading(text: "", reason: "no_hand", confidence: nil) }
        if settings.hasShortHolds { clip = moving(clip, settings: settings) }
        let (rows, confidence) = try run(clip)
        // If the model has not read the clip, its rows are exactly 0 and 1: a fixed phrase, meant for Kaggle.
        if rows.joined().contains(where: { $0 != 0 && $0 != 1 }) {
            let characters = rows.map { row in settings.alphabet[row.indices.max { row[$0] < row[$1] }!] }
            return Reading(text: String(characters), reason: "", confidence: confidence)
        }
        return Reading(text: "", reason: reason(clip.count, confidence), confidence: confidence)
    }

    private func reason(_ numFrames: Int, _ confidence: Float?) -> String {
        if numFrames < settings.minFrames { return "too_short" }
        if let confidence, Double(confidence) < settings.minConfidence { return "not_trusted" }
        return "ended_at_once"
    }

    private func run(_ clip: [[Float]]) throws -> (rows: [[Float]], confidence: Float?) {
        try runner.resizeInput(named: "inputs", toShape: [clip.count, settings.columns.count])
        try runner.allocateTensors()
        let input = Array(clip.joined()).withUnsafeBufferPointer { Data(buffer: $0) }
        try runner.invoke(with: ["inputs": input])
        let values = floats(try runner.output(named: "outputs").data)
        let width = settings.alphabet.count
        let rows = stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
        guard runner.outputs.contains("confidence") else { return (rows, nil) }
        return (rows, floats(try runner.output(named: "confidence").data)[0])
    }
}

/// Float32 in the phone's own order, which is little-endian.
func floats(_ data: Data) -> [Float] {
    var values = [Float](repeating: 0, count: data.count / MemoryLayout<Float>.size)
    _ = values.withUnsafeMutableBytes { data.copyBytes(to: $0) }
    return values
}
