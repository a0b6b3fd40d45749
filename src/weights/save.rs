//! From a module to a safetensors file, by its key table: what [`load`](super::load) undoes.

use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use super::KeyTable;
use super::load::{is_linear_weight, parameter_name, transpose};
use crate::{Error, Result};

/// How values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Four bytes, exact.
    Full,
    /// Two bytes, IEEE's half.
    Half,
}

/// A tensor on its way into a file.
#[derive(Debug, Clone)]
pub struct Stored {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

impl Stored {
    /// Row-major values under a name.
    pub fn new(name: impl Into<String>, shape: &[usize], values: &[f32], as_: Precision) -> Self {
        let (dtype, bytes) = match as_ {
            Precision::Full => (Dtype::F32, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Precision::Half => {
                let half = |value: &f32| f16::from_f32(*value).to_le_bytes();
                (Dtype::F16, values.iter().flat_map(half).collect())
            }
        };
        Self { name: name.into(), shape: shape.to_vec(), dtype, bytes }
    }

    /// Whole numbers of −128..127, a byte each.
    pub fn bytes(name: impl Into<String>, shape: &[usize], values: &[i8]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { name: name.into(), shape: shape.to_vec(), dtype: Dtype::I8, bytes }
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
        std::fs::write(&draft, bytes)?;
        std::fs::File::open(&draft)?.sync_all()?;
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
        self.stored.push(Stored::new(name, &shape, &values, self.precision));
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
}
