//! A checkpoint of one or several safetensors files, whose values are read as f32.

use std::collections::BTreeMap;
use std::ops::Range;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use crate::tools::foreign::misplaced;
use crate::{Error, Result};

/// The place and type of a tensor.
#[derive(Debug, Clone)]
struct TensorPlace {
    part: usize,
    bytes: Range<usize>,
    dtype: Dtype,
    shape: Vec<usize>,
}

/// The last part of the name of an 8-bit tensor's scales, `[rows, groups]`: each row is divided
/// into groups of equal length, and each group has its own scale.
pub(super) const SCALE: &str = "scale";

/// The prefixes that PyTorch's wrappers put before every name: `torch.compile`, `DataParallel` and
/// the like.
const WRAPPERS: [&str; 2] = ["_orig_mod.", "module."];

/// Returns the wrapper whose prefix all names have.
fn wrapper_of(places: &BTreeMap<String, TensorPlace>) -> Option<&'static str> {
    let is_of_all = |wrapper: &&str| places.keys().all(|key| key.starts_with(*wrapper));
    WRAPPERS.into_iter().filter(|_| !places.is_empty()).find(is_of_all)
}

/// A checkpoint in memory. Only its headers are read at first; tensors are converted on request.
#[derive(Debug)]
pub struct Checkpoint {
    name: String,
    parts: Vec<Vec<u8>>,
    places: BTreeMap<String, TensorPlace>,
}

impl Checkpoint {
    /// Reads the headers of `parts`, the whole bytes of one or several safetensors files. Error
    /// messages call the checkpoint `name`.
    ///
    /// # Errors
    /// Returns an error if a header is malformed or describes bytes that are missing, or if two
    /// files hold tensors of the same name.
    pub fn new(name: impl Into<String>, parts: Vec<Vec<u8>>) -> Result<Self> {
        let name = name.into();
        let mut places = BTreeMap::new();
        for (part, bytes) in parts.iter().enumerate() {
            let (header, metadata) = SafeTensors::read_metadata(bytes).map_err(|problem| {
                let other = misplaced(bytes).map(str::to_owned);
                Error::model(&name, other.unwrap_or_else(|| describe(&problem, bytes.len())))
            })?;
            // Tensors begin after the eight bytes of the header's length and the header.
            let start = header + 8;
            for (key, info) in metadata.tensors() {
                let (from, to) = info.data_offsets;
                let place = TensorPlace {
                    part,
                    bytes: start + from..start + to,
                    dtype: info.dtype,
                    shape: info.shape.clone(),
                };
                if places.insert(key.clone(), place).is_some() {
                    let problem = format!("the tensor {key} is in two of its files");
                    return Err(Error::model(name, problem));
                }
            }
        }
        while let Some(wrapper) = wrapper_of(&places) {
            let own =
                |(key, place): (String, TensorPlace)| (key[wrapper.len()..].to_owned(), place);
            places = places.into_iter().map(own).collect();
        }
        Ok(Self { name, parts, places })
    }

    /// Removes the tensors whose names begin with `prefix`, so that they are not loaded.
    pub fn leave_out(&mut self, prefix: &str) {
        self.places.retain(|key, _| !key.starts_with(prefix));
    }

    /// Returns the name of the checkpoint in error messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the total size of its files in bytes.
    pub fn byte_count(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }

    /// Returns the names of its tensors, sorted, without the scales of 8-bit tensors.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let is_scale = |key: &str| {
            let of = key.strip_suffix(SCALE).and_then(|of| self.places.get(of.strip_suffix('.')?));
            of.is_some_and(|place| place.dtype == Dtype::I8)
        };
        self.places.keys().map(String::as_str).filter(move |key| !is_scale(key))
    }

    /// Returns the name, type and shape of each tensor, sorted by name.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, String, &[usize])> {
        self.places
            .iter()
            .map(|(key, place)| (key.as_str(), place.dtype.to_string(), place.shape.as_slice()))
    }

    /// Returns the first part of all names with its dot, if all names share it.
    pub fn shared_prefix(&self) -> Option<&str> {
        let first = self.places.keys().next()?;
        let prefix = &first[..=first.find('.')?];
        self.places.keys().all(|key| key.starts_with(prefix)).then_some(prefix)
    }

    /// Returns how many values its tensors hold, without scales.
    pub fn value_count(&self) -> usize {
        self.keys().map(|key| self.places[key].shape.iter().product::<usize>()).sum()
    }

    /// Checks that it holds at least `needed` values, which a model needs.
    ///
    /// # Errors
    /// Returns an error if it holds fewer, because its configuration is then another model's.
    pub fn check_holds(&self, needed: usize) -> Result<()> {
        let found = self.value_count();
        if found >= needed {
            return Ok(());
        }
        let problem = format!(
            "it holds {found} values, and its configuration describes a model with at least \
             {needed}"
        );
        Err(Error::model(&self.name, problem))
    }

    /// Returns whether there is a tensor of this name.
    pub fn contains(&self, key: &str) -> bool {
        self.places.contains_key(key)
    }

    /// Returns a tensor's shape, if there is one of this name.
    pub fn shape(&self, key: &str) -> Option<&[usize]> {
        self.places.get(key).map(|place| place.shape.as_slice())
    }

    /// Returns whether two tensors have equal bytes, types, shapes and scales.
    pub fn are_equal(&self, a_key: &str, b_key: &str) -> bool {
        let [Some(a), Some(b)] = [a_key, b_key].map(|key| self.places.get(key)) else {
            return false;
        };
        let same = a.dtype == b.dtype && a.shape == b.shape && self.bytes(a) == self.bytes(b);
        // Equal bytes mean equal values only if their scales are equal.
        let scales = || self.are_equal(&format!("{a_key}.{SCALE}"), &format!("{b_key}.{SCALE}"));
        same && (a.dtype != Dtype::I8 || scales())
    }

    fn bytes(&self, place: &TensorPlace) -> &[u8] {
        &self.parts[place.part][place.bytes.clone()]
    }

    /// Returns a tensor's values, row-major, from f32, f16, bf16, or 8-bit values with their
    /// scales.
    ///
    /// # Errors
    /// Returns an error if there is no such tensor, if it has another type, or if its scales are
    /// missing.
    pub fn values(&self, key: &str) -> Result<Vec<f32>> {
        let Some(place) = self.places.get(key) else {
            return Err(Error::model(&self.name, format!("the tensor {key} is missing")));
        };
        let bytes = self.bytes(place);
        let halves = || bytes.as_chunks::<2>().0.iter();
        match place.dtype {
            Dtype::F32 => {
                Ok(bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect())
            }
            Dtype::F16 => Ok(halves().map(|&b| f16::from_le_bytes(b).to_f32()).collect()),
            Dtype::BF16 => Ok(halves().map(|&b| bf16::from_le_bytes(b).to_f32()).collect()),
            Dtype::I8 => self.scaled(key, place),
            other => Err(Error::model(
                &self.name,
                format!(
                    "the tensor {key} is of type {other}, and only F32, F16, BF16 and I8 can be read; save the \
                     model as float32"
                ),
            )),
        }
    }

    fn scaled(&self, key: &str, place: &TensorPlace) -> Result<Vec<f32>> {
        let name = format!("{key}.{SCALE}");
        let bytes = self.bytes(place);
        let rows = place.shape.first().copied().unwrap_or(0);
        let groups = match self.shape(&name) {
            Some(&[found, groups]) if found == rows => rows * groups,
            _ => 0,
        };
        let fits = groups > 0 && (bytes.len() / rows).is_multiple_of(groups / rows);
        if !fits || self.places[&name].dtype == Dtype::I8 {
            let problem = format!(
                "the tensor {key} is quantised to 8 bits, and its scales are missing or do not fit \
                 its rows"
            );
            return Err(Error::model(&self.name, problem));
        }
        let each = (bytes.len() / groups).max(1);
        let group = |(group, scale): (&[u8], f32)| {
            group.iter().map(move |&byte| f32::from(byte.cast_signed()) * scale).collect::<Vec<_>>()
        };
        Ok(bytes.chunks_exact(each).zip(self.values(&name)?).flat_map(group).collect())
    }
}

/// Describes an error of the safetensors reader for users.
fn describe(problem: &safetensors::SafeTensorError, bytes: usize) -> String {
    use safetensors::SafeTensorError as E;
    let problem = match problem {
        E::HeaderTooSmall | E::HeaderTooLarge | E::InvalidHeaderLength => {
            "the length of its header is out of range".to_owned()
        }
        E::InvalidHeader(_) | E::InvalidHeaderDeserialization(_) => {
            "its header is not the JSON that safetensors requires".to_owned()
        }
        E::MetadataIncompleteBuffer => {
            "its data is shorter or longer than its header says, as after an interrupted download"
                .to_owned()
        }
        E::InvalidOffset(key) => format!("the offsets of the tensor {key} are out of range"),
        E::TensorInvalidInfo | E::ValidationOverflow => {
            "a tensor's shape does not fit its data".to_owned()
        }
        other => other.to_string(),
    };
    format!("{problem} ({bytes} bytes were read); download it again or convert it to safetensors")
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    #[test]
    fn strips_the_prefixes_of_wrappers() {
        let names = |keys: &[&str]| {
            let view = || TensorView::new(Dtype::U8, vec![1], &[7]).expect("it fits");
            let tensors = keys.iter().map(|key| (*key, view()));
            let file = safetensors::serialize(tensors, None).expect("names differ");
            let file = Checkpoint::new("wrapped", vec![file]).expect("it is whole");
            let shared = file.shared_prefix().map(str::to_owned);
            (file.keys().map(str::to_owned).collect::<Vec<_>>(), shared)
        };
        for wrapper in ["_orig_mod.", "module.", "module._orig_mod.", "_orig_mod.module."] {
            let wrapped = ["a.weight", "b.bias"].map(|key| format!("{wrapper}{key}"));
            let wrapped = wrapped.each_ref().map(String::as_str);
            assert_eq!(
                names(&wrapped),
                (vec!["a.weight".into(), "b.bias".into()], None),
                "{wrapper}"
            );
        }
        // A prefix of only some names is part of them. Any other prefix that all share is reported.
        assert_eq!(names(&["module.a", "b"]), (vec!["b".into(), "module.a".into()], None));
        assert_eq!(names(&["dit.a", "dit.b"]).1.as_deref(), Some("dit."));
    }

    /// Equal bytes have different values with different scales.
    #[test]
    fn quantised_tensors_are_equal_only_if_their_scales_are() {
        let (values, one, two) = ([1u8, 2, 3, 4], [0u8, 60, 0, 60], [0u8, 64, 0, 64]);
        let view = |dtype, shape: &[usize], bytes| TensorView::new(dtype, shape.to_vec(), bytes);
        let bytes = || view(Dtype::I8, &[2, 2], &values).expect("it fits");
        let scale = |scale| view(Dtype::F16, &[2, 1], scale).expect("it fits");
        let tensors = [
            ("a", bytes()),
            ("a.scale", scale(&one)),
            ("b", bytes()),
            ("b.scale", scale(&one)),
            ("c", bytes()),
            ("c.scale", scale(&two)),
            ("d", bytes()),
        ];
        let file = safetensors::serialize(tensors, None).expect("names differ");
        let file = Checkpoint::new("copies", vec![file]).expect("it is whole");
        assert!(file.are_equal("a", "b") && file.are_equal("a", "a"));
        assert!(
            !file.are_equal("a", "c") && !file.are_equal("a", "d") && !file.are_equal("a", "e")
        );
    }
}
