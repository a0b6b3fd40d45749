"""`upscaler`: the network with random weights, and with the shipped ones on a picture of `stickers`.

"random.in" -> "random.out"; "shipped.in" (a picture of the fixture `stickers`, 0..1, as stored) ->
"shipped.out", of which only the middle is kept, 128x128, as f16. The JSON holds the random manifest.
"""

from safetensors.torch import load_file

from fixtures import FOLDER, load_weights, randn, save
from random_weights import fill
from reference_upscaler import Upscaler


def make(weights):
    model = Upscaler()
    entries = fill(model, 51)
    x = randn(51, 2, 4, 8, 12)
    tensors = {"random.in": x, "random.out": model(x)}
    model.load_state_dict(load_weights(weights / "upscaler.safetensors"), strict=True)
    picture = load_file(FOLDER / "stickers.safetensors")["0.rgba"]
    large = model(picture.float() * 2 - 1)
    tensors |= {"shipped.in": picture, "shipped.out": large[:, :, 192:320, 192:320].half()}
    save("upscaler", {"manifest": entries}, tensors)
