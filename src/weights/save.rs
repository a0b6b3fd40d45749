//! Writing of a module to a safetensors file by its key table, the inverse of
//! [`load`](fn@super::load).

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use super::KeyTable;
use super::checkpoint::SCALE;
use super::load::{is_linear_weight, parameter_name, transpose};

/// The precision of stored values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Four bytes per value, exact.
    Full,
    /// Two bytes per value, IEEE half precision.
    Half,
    /// Quantisation to 8 bits of matrices and convolutions, with a scale for each [`GROUP`] of a
    /// row, or for a whole row if its length is no multiple of that. The rest is in half precision.
    Byte,
}

/// The least size of a quantised tensor. Smaller ones do not justify the loss of precision.
const MIN_QUANTISED_VALUES: usize = 4096;
/// How many values of a row share a scale. A few large values, as in text encoders, then reduce the
/// precision of their group only, not of the whole row.
pub const GROUP: usize = 64;
/// Prefixes of the small tensors of a DiT on which all of its blocks depend, and how many values of
/// a row share a scale there; 0 keeps half precision. Together they add 20 KB and halve the loss
/// that quantisation to 8 bits causes in the embedded DiT.
const SENSITIVE: [(&str, usize); 2] = [("t_embedder.", 16), ("x_embedder.", 0)];

/// Returns how many values of a row of the tensor `name` share a scale, or `None` if it is not
/// quantised.
fn group(name: &str, row: usize) -> Option<usize> {
    let sensitive = SENSITIVE.iter().find(|(beginning, _)| name.starts_with(beginning));
    let group = sensitive.map_or(GROUP, |(_, group)| *group);
    (group > 0).then(|| if row.is_multiple_of(group) { group } else { row })
}

/// A tensor in the form in which a file stores it.
#[derive(Debug, Clone)]
pub struct Stored {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

impl Stored {
    /// Converts row-major values under a name. [`Precision::Byte`] is half precision here.
    pub fn new(
        name: impl Into<String>,
        shape: &[usize],
        values: &[f32],
        precision: Precision,
    ) -> Self {
        let (dtype, bytes) = match precision {
            Precision::Full => (Dtype::F32, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Precision::Half | Precision::Byte => {
                let half = |value: &f32| f16::from_f32(*value).to_le_bytes();
                (Dtype::F16, values.iter().flat_map(half).collect())
            }
        };
        Self { name: name.into(), shape: shape.to_vec(), dtype, bytes }
    }

    /// Converts whole numbers to I64.
    pub fn integers(name: &str, values: impl IntoIterator<Item = usize>) -> Self {
        let bytes: Vec<u8> =
            values.into_iter().flat_map(|value| (value as i64).to_le_bytes()).collect();
        Self { name: name.to_owned(), shape: vec![bytes.len() / 8], dtype: Dtype::I64, bytes }
    }

    /// Returns the tensor's name in the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Quantises a tensor to 8 bits and returns it with the scales of the groups of its rows. Each
    /// group's largest value becomes about ±127.
    pub fn in_bytes(name: &str, shape: &[usize], values: &[f32], group: usize) -> [Self; 2] {
        let row = values.len() / shape[0];
        let groups = values.chunks_exact(group);
        let scale = |group: &[f32]| {
            let largest = group.iter().fold(0f32, |max, value| max.max(value.abs()));
            // The scale is rounded up to half precision, as the file stores it, and is never 0.
            let near = f16::from_f32(largest / 127.0).max(f16::MIN_POSITIVE_SUBNORMAL);
            let is_less = near.to_f32() < largest / 127.0;
            f16::from_bits(near.to_bits() + u16::from(is_less)).to_f32()
        };
        let scales: Vec<f32> = groups.clone().map(scale).collect();
        let byte = |value: f32, scale: f32| (value / scale).round().clamp(-127.0, 127.0) as i8;
        let bytes = groups.zip(&scales).flat_map(|(group, scale)| {
            group.iter().map(move |value| byte(*value, *scale).cast_unsigned())
        });
        let bytes = bytes.collect();
        let scale = format!("{name}.{SCALE}");
        [
            Self { name: name.to_owned(), shape: shape.to_vec(), dtype: Dtype::I8, bytes },
            Self::new(scale, &[shape[0], row / group], &scales, Precision::Half),
        ]
    }
}

/// Returns all parameters of a module under the names of `table`. Linear weights are transposed
/// back to PyTorch's `[out, in]`.
///
/// # Panics
/// Panics if `table` joins several tensors to one parameter, because such layouts are only read.
pub fn parameters<M: Module>(module: &M, table: &KeyTable, precision: Precision) -> Vec<Stored> {
    let mut saver = Saver { table, precision, path: Vec::new(), stored: Vec::new() };
    module.visit(&mut saver);
    saver.stored
}

/// Returns the bytes of a safetensors file with the given metadata.
pub fn to_bytes<'a>(
    tensors: &[Stored],
    metadata: impl IntoIterator<Item = (&'a str, String)>,
) -> Vec<u8> {
    let views = tensors.iter().map(|tensor| {
        let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes);
        (&tensor.name, view.expect("as many bytes as the shape says"))
    });
    let metadata: HashMap<String, String> =
        metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let metadata = Some(metadata).filter(|metadata| !metadata.is_empty());
    safetensors::serialize(views, metadata).expect("names differ, and shapes fit")
}

struct Saver<'a> {
    table: &'a KeyTable,
    precision: Precision,
    path: Vec<(String, String)>,
    stored: Vec<Stored>,
}

impl ModuleVisitor for Saver<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.push((name.to_owned(), container_type.to_owned()));
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val().inner();
        let mut shape = tensor.dims().to_vec();
        let mut values: Vec<f32> = tensor.into_data().iter::<f32>().collect();
        if is_linear_weight(&self.path) {
            values = transpose(&values, shape[0], shape[1]);
            shape.reverse();
        }
        let mut names = self.table.sources(&parameter_name(&self.path));
        let name = names.pop().expect("every parameter has a name");
        assert!(names.is_empty(), "{} files are only read", self.table.layout);
        let is_large = D >= 2 && values.len() >= MIN_QUANTISED_VALUES;
        let group = match self.precision {
            Precision::Byte if is_large => group(&name, values.len() / shape[0]),
            _ => None,
        };
        match group {
            Some(group) => self.stored.extend(Stored::in_bytes(&name, &shape, &values, group)),
            None => self.stored.push(Stored::new(name, &shape, &values, self.precision)),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::model::DitConfig;
    use crate::weights::{Checkpoint, keys, load};

    #[test]
    fn loads_what_it_saved() {
        let device = Device::flex();
        let config = DitConfig::new([4, 4], 2, 2, 8, 2, 2, 3)
            .with_learn_sigma(false)
            .with_text(Some(crate::model::TextConfig::new(6, 3)));
        let bytes = to_bytes(&parameters(&config.init(&device), &keys::DIT, Precision::Full), None);
        let file = Checkpoint::new("saved", vec![bytes.clone()]).unwrap();
        let again = load(config.init(&device), &file, &keys::DIT).unwrap();
        assert_eq!(to_bytes(&parameters(&again, &keys::DIT, Precision::Full), None), bytes);
    }

    #[test]
    fn quantises_within_half_a_step_to_half_the_size_of_f16() {
        // Each row has one value that is a hundred times as large as the others.
        let large = |i: usize| if i % 128 == 5 { 100.0 } else { 1.0 };
        let values: Vec<f32> = (0..64 * 128).map(|i| (i as f32 * 0.7).sin() * large(i)).collect();
        let stored = Stored::in_bytes("w", &[64, 8, 16], &values, GROUP);
        let file = to_bytes(&stored, None);
        assert!(file.len() < values.len() * 34 / 32 + 200);
        let file = Checkpoint::new("w", vec![file]).unwrap();
        assert_eq!(file.keys().collect::<Vec<_>>(), ["w"]);
        for (i, (got, want)) in file.values("w").unwrap().iter().zip(&values).enumerate() {
            let step = if i % 128 < GROUP { 100.0 } else { 1.0 } / 127.0;
            assert!((got - want).abs() <= 0.501 * step, "{got} is not {want}");
        }
        let alone = to_bytes(&stored[..1], None);
        let error = Checkpoint::new("w", vec![alone]).unwrap().values("w").unwrap_err();
        assert!(error.to_string().contains("scales are missing"), "{error}");
    }

    #[test]
    fn uses_smaller_groups_or_none_for_sensitive_tensors() {
        let groups = [("blocks.0.attn.qkv.weight", 256), ("t_embedder.mlp.2.weight", 256)];
        assert_eq!(groups.map(|(name, row)| group(name, row)), [Some(64), Some(16)]);
        assert_eq!(group("x_embedder.proj.weight", 32), None);
        assert_eq!(group("stem.weight", 70), Some(70));
    }

    #[test]
    fn quantises_zeros_and_tiny_values_to_zero() {
        let values = [&[0.0; 70][..], &[1e-9; 70], &[2e-5; 70], &[3e4; 70]].concat();
        let file = to_bytes(&Stored::in_bytes("w", &[4, 70], &values, 70), None);
        let got = Checkpoint::new("w", vec![file]).unwrap().values("w").unwrap();
        assert!(got[..140].iter().all(|value| *value == 0.0));
        assert!(
            got[140..210].iter().all(|value| (value / 2e-5 - 1.0).abs() < 1e-2),
            "{}",
            got[140]
        );
        assert!(got[210..].iter().all(|value| (value / 3e4 - 1.0).abs() < 5e-3), "{}", got[210]);
    }
}
