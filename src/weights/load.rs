//! Loading of a module from a checkpoint by its key table.

use std::collections::HashSet;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};

use super::{Checkpoint, KeyTable};
use crate::{Error, Result};

/// Returns `module` with all its parameters from `checkpoint`. Linear weights are transposed from
/// PyTorch's `[out, in]` to Burn's `[in, out]`, and values become f32.
///
/// # Errors
/// Returns an error if a tensor is missing, has another shape or type, or belongs to no parameter.
pub fn load<M: Module>(module: M, checkpoint: &Checkpoint, table: &KeyTable) -> Result<M> {
    let mut loader = Loader {
        checkpoint,
        table,
        path: Vec::new(),
        used: HashSet::new(),
        problems: Vec::new(),
        leftovers: Vec::new(),
    };
    let module = module.map(&mut loader);
    loader.check_leftovers();
    let told: Vec<String> =
        [&loader.problems, &loader.leftovers].into_iter().filter_map(|all| first_of(all)).collect();
    match told.is_empty() {
        true => Ok(module),
        false => {
            let shared = checkpoint.shared_prefix().map_or_else(String::new, |prefix| {
                format!(
                    "; the names of all its tensors begin with “{prefix}”, a prefix that may \
                         have to be removed"
                )
            });
            let problem = format!("read as {}, {}{shared}", table.layout, told.join("; and "));
            Err(Error::model(checkpoint.name(), problem))
        }
    }
}

/// Returns the first of several similar problems, and how many more there are.
fn first_of(problems: &[String]) -> Option<String> {
    let (first, rest) = problems.split_first()?;
    Some(match rest.len() {
        0 => first.clone(),
        more => format!("{first} (and {more} more like this)"),
    })
}

struct Loader<'a> {
    checkpoint: &'a Checkpoint,
    table: &'a KeyTable,
    /// The names and types of the enclosing modules.
    path: Vec<(String, String)>,
    used: HashSet<String>,
    /// Problems with parameters.
    problems: Vec<String>,
    /// Problems with tensors that belong to no parameter.
    leftovers: Vec<String>,
}

impl Loader<'_> {
    /// Returns a file's values for a parameter of `shape`, in the file's order of dimensions.
    fn fetch(&mut self, shape: &[usize]) -> Result<Vec<f32>, String> {
        let name = parameter_name(&self.path);
        let mut values = Vec::new();
        let sources = self.table.sources(&name);
        let share = shape[0] / sources.len();
        for source in sources {
            let key = match self.table.alias(&source) {
                Some(alias) if !self.checkpoint.contains(&source) => alias,
                _ => source,
            };
            let Some(found) = self.checkpoint.shape(&key) else {
                return Err(format!("the tensor {key} is missing"));
            };
            // Old files keep some linear weights in the shape of 1×1 convolutions.
            let trimmed = found.strip_suffix(&[1, 1]).filter(|_| shape.len() == 2).unwrap_or(found);
            let fits = trimmed.len() == shape.len() && trimmed[1..] == shape[1..];
            if !fits || trimmed[0] != share {
                let fitting = [&[share], &shape[1..]].concat();
                return Err(format!(
                    "the tensor {key} has shape {found:?}, and should have {fitting:?}"
                ));
            }
            let found = self.checkpoint.values(&key).map_err(|error| match error {
                Error::Model { problem, .. } => problem,
                other => other.to_string(),
            })?;
            check_finite(&key, &found)?;
            values.extend(found);
            self.used.insert(key);
        }
        Ok(values)
    }

    fn check_leftovers(&mut self) {
        for key in self.checkpoint.keys() {
            if self.used.contains(key) || self.table.computed.contains(&key) {
                continue;
            }
            match self.table.original(key) {
                Some(first) if self.checkpoint.are_equal(key, &first) => {}
                _ => self
                    .leftovers
                    .push(format!("the tensor {key} belongs to no part of the network")),
            }
        }
    }
}

impl ModuleMapper for Loader<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.push((name.to_owned(), container_type.to_owned()));
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape: [usize; D] = param.lazy_shape().dims();
        let turned = is_linear_weight(&self.path);
        let mut stored = shape;
        if turned {
            stored.reverse();
        }
        match self.fetch(&stored) {
            Ok(values) => {
                let values = if turned { transpose(&values, stored[0], stored[1]) } else { values };
                let device = param.lazy_device();
                let tensor = Tensor::from_data(TensorData::new(values, shape), &device);
                Param::initialized(param.id, tensor)
            }
            Err(problem) => {
                self.problems.push(problem);
                param
            }
        }
    }
}

/// Checks that all values of a tensor are finite.
///
/// # Errors
/// Returns a clause that names the tensor and its first value that is not finite.
pub fn check_finite(key: &str, values: &[f32]) -> Result<(), String> {
    let bad = values.iter().filter(|value| !value.is_finite());
    let Some(first) = bad.clone().next() else { return Ok(()) };
    let (count, all) = (bad.count(), values.len());
    Err(format!(
        "the tensor {key} holds {first} ({count} of its {all} values are not finite): the file is \
         damaged, or its training diverged"
    ))
}

/// Returns our name for the parameter at the end of a path of names and types. Enum variants are
/// left out of it, and the gain and bias of norms have PyTorch's names.
pub(super) fn parameter_name(path: &[(String, String)]) -> String {
    let parts = path.iter().filter(|(_, kind)| !kind.starts_with("Enum:"));
    let name = parts.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(".");
    match name.rsplit_once('.') {
        Some((norm, "gamma")) => format!("{norm}.weight"),
        Some((norm, "beta")) => format!("{norm}.bias"),
        _ => name,
    }
}

pub(super) fn is_linear_weight(path: &[(String, String)]) -> bool {
    matches!(path, [.., (name, kind)] if name == "weight" && kind == "Struct:Linear")
}

/// Returns the transpose of a row-major matrix.
pub(super) fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let column = |c: usize| (0..rows).map(move |r| values[r * columns + c]);
    (0..columns).flat_map(column).collect()
}
