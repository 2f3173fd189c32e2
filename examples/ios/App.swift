import Foundation
import SwiftUI

/// Reads the clip `clip.f32` of the bundle and shows its text. An app of yours hands over what MediaPipe finds.
@main
struct PodiumExampleApp: App {
    @State private var text = "…"

    var body: some Scene {
        WindowGroup {
            Text(text).font(.largeTitle).task { text = await Task.detached { readClip() }.value }
        }
    }
}

private func readClip() -> String {
    do {
        let settings = try Settings(
            inferenceArgs: content("inference_args.json"), modelCard: content("model_card.json"))
        let recognizer = try Recognizer(modelPath: path("model.tflite"), settings: settings)
        try recognizer.warmUp()
        let reading = try recognizer.read(clip(numColumns: settings.columns.count))
        return reading.text.isEmpty ? "no text: \(reading.reason)" : reading.text
    } catch {
        return "\(error)"
    }
}

/// Float32, little-endian, frame after frame.
private func clip(numColumns: Int) throws -> [[Float]] {
    let values = floats(try content("clip.f32"))
    return stride(from: 0, to: values.count, by: numColumns).map { Array(values[$0..<$0 + numColumns]) }
}

private func content(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path(name)))
}

private func path(_ name: String) -> String {
    Bundle.main.bundlePath + "/" + name
}
