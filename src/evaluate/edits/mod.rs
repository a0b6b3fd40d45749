//! Measures of what a model does with pictures that it is given: whether the way back from a picture
//! to noise leads to the picture again, whether a mended part fits and follows its prompt, whether a
//! restyled picture has the new style and the old subject, and whether a trace looks like its picture.

pub mod mended;
pub mod restyled;
pub mod round_trip;
pub mod traced;
