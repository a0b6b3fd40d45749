//! From a module to a safetensors file, by its key table: what [`load`](super::load) undoes.

use std::io::Write;
use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use super::KeyTable;
use super::checkpoint::SCALE;
use super::load::{is_linear_weight, parameter_name, transpose};
use crate::{Error, Result};

/// How values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Four bytes, exact.
    Full,
    /// Two bytes, IEEE's half.
    Half,
    /// Matrices in a byte a value, with a scale for each row; the rest in half precision.
    Byte,
}

/// Smaller matrices are not worth the loss.
const LEAST: usize = 4096;

/// A tensor on its way into a file.
#[derive(Debug, Clone)]
pub struct Stored {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

impl Stored {
    /// Row-major values under a name. What is to be of bytes is of halves here.
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

    /// A matrix in bytes, and its rows' scales: each row's largest value becomes ±127.
    fn in_bytes(name: &str, shape: &[usize], values: &[f32]) -> [Self; 2] {
        let rows = values.chunks_exact(values.len() / shape[0]);
        let largest = |row: &[f32]| row.iter().fold(0f32, |max, value| max.max(value.abs()));
        let scales: Vec<f32> = rows.clone().map(|row| largest(row) / 127.0).collect();
        let byte = |value: &f32, scale: f32| (value / scale.max(1e-30)).round() as i8;
        let bytes = rows.zip(&scales).flat_map(|(row, scale)| {
            row.iter().map(move |value| byte(value, *scale).cast_unsigned())
        });
        let bytes = bytes.collect();
        let scale = format!("{name}.{SCALE}");
        [
            Self { name: name.to_owned(), shape: shape.to_vec(), dtype: Dtype::I8, bytes },
            Self::new(scale, &shape[..1], &scales, Precision::Full),
        ]
    }
}

/// All parameters of a module under the names of `table`. Linear weights are turned back to
/// PyTorch's `[out, in]`.
///
/// # Panics
/// Where `table` makes one parameter of several tensors: such layouts are read only.
pub fn parameters<M: Module>(module: &M, table: &KeyTable, precision: Precision) -> Vec<Stored> {
    let mut saver = Saver { table, precision, path: Vec::new(), stored: Vec::new() };
    module.visit(&mut saver);
    saver.stored
}

/// The bytes of a safetensors file.
pub fn to_bytes(tensors: &[Stored], metadata: Option<(&str, String)>) -> Vec<u8> {
    let views = tensors.iter().map(|tensor| {
        let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes);
        (&tensor.name, view.expect("as many bytes as the shape says"))
    });
    let metadata = metadata.map(|(key, value)| [(key.to_owned(), value)].into());
    safetensors::serialize(views, metadata).expect("names differ, and shapes fit")
}

/// Writes a file whole or not at all: a kill or a full disk leaves what was there before.
///
/// # Errors
/// Where it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension("part");
    let write = || {
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&draft, path)
    };
    write().map_err(|source| Error::write(path, source))
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
        if self.precision == Precision::Byte && D == 2 && values.len() >= LEAST {
            self.stored.extend(Stored::in_bytes(&name, &shape, &values));
        } else {
            self.stored.push(Stored::new(name, &shape, &values, self.precision));
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
    fn what_is_saved_loads() {
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
    fn bytes_are_near_and_a_quarter() {
        let values: Vec<f32> =
            (0..6000).map(|i| (i as f32 * 0.7).sin() * (1 + i / 100) as f32).collect();
        let stored = Stored::in_bytes("w", &[60, 100], &values);
        let file = to_bytes(&stored, None);
        assert!(file.len() < 6000 + 60 * 4 + 300);
        let file = Checkpoint::new("w", vec![file]).unwrap();
        assert_eq!(file.keys().collect::<Vec<_>>(), ["w"]);
        for (i, (got, want)) in file.values("w").unwrap().iter().zip(&values).enumerate() {
            let step = (1 + i / 100) as f32 / 127.0;
            assert!((got - want).abs() <= 0.5001 * step, "{got} is not {want}");
        }
        let alone = to_bytes(&stored[..1], None);
        let error = Checkpoint::new("w", vec![alone]).unwrap().values("w").unwrap_err();
        assert!(error.to_string().contains("no scale for each row"), "{error}");
    }
}
