"""How well virtual hand shapes teach to name real ones: single frames, a small classifier, about a minute per row.

    python benchmarks/hand_shapes.py [--shared ../shared] [--people 600]

It is trained on hands of virtual people alone, and names those of `shared/real/handshapes`, as they are and turned (see
`real_hands.turned`). J and Z move and are left out; 0, 2, 6 and 9 count as O, V, W and F.

Letters in names: N hands, J joints (21).
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from hands import HAND_DEPTH_SCALE, Hands, read_digits, read_letters, turned
from torch import nn

from podium.landmarks.person import rotation
from podium.landmarks.person.hand import LIMITS_A2, NUM_ANGLES, forward_kinematics, sample_bones
from podium.systems.fingerspelling.corpus.everyday import varied
from podium.systems.fingerspelling.corpus.handshapes import SHAPES
from podium.systems.fingerspelling.corpus.motion import sample_style
from podium.systems.fingerspelling.corpus.section import Conditions

CLASSES = "abcdefghiklmnopqrstuvwxy" + "134578"
CLASS_OF = {"0": "o", "2": "v", "6": "w", "9": "f"}
NUM_EPOCHS, BATCH, NUM_EACH = 6, 256, 60
VARIANTS = {
    "anatomy, as in the demo's corpus": None,
    "anatomy, more variety": Conditions(measured=(0, 0)),
    "as measured": Conditions(measured=(1, 1)),
    "between both": Conditions(),
    "between both, half more variety": Conditions(variety=1.5),
}


def features(joints_NJ3: np.ndarray) -> torch.Tensor:
    """(N, 63): each axis of each hand by itself, mean 0 and deviation 1, as the networks see a hand."""
    centred_NJ3 = joints_NJ3 - joints_NJ3.mean(1, keepdims=True)
    scaled_NJ3 = centred_NJ3 / (centred_NJ3.std(1, keepdims=True) + 1e-6)
    return torch.from_numpy(scaled_NJ3.reshape(len(joints_NJ3), -1).astype(np.float32))


def virtual_hands(conditions: Conditions | None, num_people: int, rng: np.random.Generator) -> np.ndarray:
    """(2·num_people·classes, 21, 3): all classes of each person twice, before cameras of their own."""
    rows = [list(SHAPES).index(character) for character in CLASSES]
    hands = []
    for _ in range(num_people):
        style, bones = sample_style(rng), sample_bones(rng)
        if conditions:
            style = varied(style, conditions, rng)
        for _ in range(2):
            angles_NA = style.angles_CA[rows] + rng.normal(0, style.sloppiness, (len(rows), NUM_ANGLES))
            camera_4 = rotation.from_vectors(np.deg2rad(rng.normal(0, [7, 10, 4])))
            wobble_N4 = rotation.from_vectors(rng.normal(0, style.sloppiness, (len(rows), 3)))
            turns_N4 = rotation.multiply(camera_4, rotation.multiply(wobble_N4, style.turns_C4[rows]))
            joints_NJ3 = forward_kinematics(np.clip(angles_NA, *LIMITS_A2.T), bones)
            joints_NJ3 = joints_NJ3 @ rotation.to_matrices(turns_N4).swapaxes(1, 2)
            joints_NJ3 /= 1 - joints_NJ3[:, :, 2:] / rng.uniform(6, 14)
            joints_NJ3 *= np.array([np.exp(rng.normal(0, 0.25)), 1.0, HAND_DEPTH_SCALE])
            hands.append(joints_NJ3 + rng.normal(0, [0.015, 0.015, 0.03], joints_NJ3.shape))
    return np.concatenate(hands)


def train(x_NF: torch.Tensor, y_N: torch.Tensor) -> nn.Module:
    """A classifier of `CLASSES`."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(63, 256), nn.SiLU(), nn.Linear(256, 256), nn.SiLU(), nn.Linear(256, len(CLASSES)))
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.05)
    steps = NUM_EPOCHS * (len(x_NF) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(NUM_EPOCHS):
        for places in torch.randperm(len(x_NF))[: len(x_NF) // BATCH * BATCH].split(BATCH):
            nn.functional.cross_entropy(network(x_NF[places]), y_N[places]).backward()
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    return network


@torch.no_grad()
def share_named(network: nn.Module, hands: Hands, is_turned: bool) -> float:
    """Mean over characters of the share that is named."""
    rng, shares = np.random.default_rng(9), []
    for character, rows in hands.rows.items():
        name = CLASS_OF.get(character, character)
        if name not in CLASSES:
            continue
        joints_NJ3 = hands.joints_NJ3[rows[np.linspace(0, len(rows) - 1, min(len(rows), NUM_EACH)).astype(int)]]
        if is_turned:
            joints_NJ3 = np.stack([turned(joints_J3, rng) for joints_J3 in joints_NJ3])
        named_N = network(features(joints_NJ3)).argmax(1)
        shares.append(float((named_N == CLASSES.index(name)).float().mean()))
    return float(np.mean(shares))


def main() -> None:
    """Prints one row per variant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--people", type=int, default=600)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = arguments.shared / "real" / "handshapes"
    letters, digits = read_letters(folder), read_digits(folder)
    print("| shapes of the virtual people | letters | letters, turned | digits | digits, turned |")
    for name, conditions in VARIANTS.items():
        joints_NJ3 = virtual_hands(conditions, arguments.people, np.random.default_rng(0))
        y_N = torch.arange(len(CLASSES)).repeat(2 * arguments.people)
        network = train(features(joints_NJ3), y_N)
        shares = [share_named(network, hands, is_turned) for hands in (letters, digits) for is_turned in (False, True)]
        print(f"| {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |", flush=True)


if __name__ == "__main__":
    main()
