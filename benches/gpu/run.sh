#!/usr/bin/env bash
# Trains on a machine with a GPU for the minutes that it has. `cargo xtask gpu` puts this file beside
# the program, model and data; it needs nothing else there, and PyTorch only to be compared with.
#
#   ./run.sh MINUTES OUT [STEPS] [DEVICE]
#
# Of the minutes four fifths go to a constant rate, the rest to its fall. OUT gets the trained DiT in
# pieces of 15 MB (`cat dit.* > dit.safetensors`) with its model.json, which belong into a copy of the
# model's folder; both metrics.jsonl, a sheet, and the speeds: of whole steps, three quarters of the
# patches skipping the middle blocks, in f32 (speed.json), and of PyTorch's gradients alone, all
# patches, products in bf16 (torch.json).
# STEPS is the most that the constant part may take; DEVICE skips the search for one.
set -euo pipefail
minutes=$1 out=$(realpath -m "$2") steps=${3:-1000000} device=${4:-}
cd "$(dirname "$0")"
mkdir -p "$out"
export BURN_DEVICE=flex MIMALLOC_PURGE_DELAY=-1
for packed in *.xz; do
  [ -e "${packed%.xz}" ] || xz --decompress --keep "$packed"
done
[ -d model ] || tar xf model.tar
chmod +x patchwork-*

train() { # program device arguments...
  local program=$1 device=$2
  shift 2
  local part=(--part 1024)
  [ "$device" != cpu ] || part=()
  "./$program" train dit --data packed.safetensors --new-styles --model model --device "$device" "${part[@]}" --samples 0 "$@"
}

# The first device that does one step is the one.
choose() {
  local candidates=("patchwork-cuda cuda" "patchwork-vulkan vulkan" "patchwork-cuda cpu" "patchwork-vulkan cpu" "patchwork-cpu cpu")
  for candidate in "${candidates[@]}"; do
    read -r program name <<<"$candidate"
    [ -x "$program" ] || continue
    [ -z "$device" ] || [ "$device" = "$name" ] || continue
    rm -rf try
    if train "$program" "$name" --run try --steps 1 --batch 16 --errors 0 >"$out/try-$name.log" 2>&1; then
      echo "$candidate"
      return
    fi
    echo "$name did not train; try-$name.log says why." >&2
  done
  return 1
}
chosen=$(choose)
read -r program device <<<"$chosen"
echo "Training with $program on $device."

if python3 -c "import torch" 2>/dev/null; then
  (cd bench && python3 train.py --seconds 15 --device "$([ "$device" = cpu ] && echo cpu || echo cuda)" --bf16) |
    tee "$out/torch.json" || echo "PyTorch could not be measured." >&2
fi

steady=$(awk "BEGIN { print $minutes * 0.8 }")
fall=$(awk "BEGIN { print $minutes * 0.2 }")
train "$program" "$device" --run steady --steps "$steps" --minutes "$steady"
# As many steps as fit into the minutes left, a dense one taking about three times as long. A fall of
# an earlier call is begun anew.
rm -rf fall
fitting=$(tail -n 20 steady/metrics.jsonl | sed 's/.*"seconds":\([0-9.e-]*\).*/\1/' |
  awk -v minutes="$fall" '{ sum += $1 } END { steps = int(minutes * 60 * NR / sum / 3); print steps < 1 ? 1 : steps }')
train "$program" "$device" --run fall --from steady --fall --steps "$fitting" --minutes "$(awk "BEGIN { print $fall * 2 }")"

cp steady/metrics.jsonl "$out/steady.jsonl"
cp fall/metrics.jsonl "$out/fall.jsonl"
cp fall/model/model.json "$out/"
rm -f "$out"/dit.*
split -b 15000000 fall/model/dit.safetensors "$out/dit."
"./$program" sheet --model fall/model --prompts "red apple,cat,fox,rocket,pizza,blue car,cactus,house" \
  --styles "noto,twemoji,3d,fluent flat,outline" --seed 7 -o "$out/sheet.png"
tail -n 20 steady/metrics.jsonl | sed 's/.*"seconds":\([0-9.e-]*\).*/\1/' |
  awk -v device="$device" '{ sum += $1 } END { printf "{\"device\": \"%s\", \"images_per_second\": %.1f}\n", device, 128 * NR / sum }' |
  tee "$out/speed.json"
