import Foundation

/// What `inference_args.json` and `model_card.json`, which lie beside an exported model, say of it.
struct Settings {
    let columns: [String]
    let alphabet: [Character]
    let minFrames: Int
    let minConfidence: Double
    let frameRate: Double?
    let hasShortHolds: Bool
    let maxFrames: Int
    /// For each hand the places of its x and of its y among the columns.
    let hands: [(x: [Int], y: [Int])]

    init(inferenceArgs: Data, modelCard: Data) throws {
        let args = try JSONDecoder().decode(InferenceArgs.self, from: inferenceArgs)
        let card = try JSONDecoder().decode(ModelCard.self, from: modelCard)
        guard args.system == "fingerspelling" else { throw ReadingError.otherSystem(args.system) }
        columns = args.selected_columns
        alphabet = Array(card.output.alphabet)
        minFrames = args.min_frames
        minConfidence = args.min_confidence
        frameRate = args.frame_rate
        hasShortHolds = args.holds == "short"
        maxFrames = card.input.max_frames
        func places(_ start: String) -> [Int] {
            args.selected_columns.indices.filter { args.selected_columns[$0].hasPrefix(start) }
        }
        hands = ["left_hand", "right_hand"].map { (places("x_\($0)"), places("y_\($0)")) }
    }
}

/// The files' own names.
private struct InferenceArgs: Decodable {
    let system: String
    let selected_columns: [String]
    let min_frames: Int
    let min_confidence: Double
    let frame_rate: Double?
    let holds: String?
}

private struct ModelCard: Decodable {
    struct Input: Decodable { let max_frames: Int }
    struct Output: Decodable { let alphabet: String }
    let input: Input
    let output: Output
}
