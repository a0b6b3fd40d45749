//! What the page and its worker say to each other. Knows no Burn.

use serde::{Deserialize, Serialize};

use super::facts::{DeviceFacts, ModelFacts, Reading};
use crate::image::finish::Finish;
use crate::recipe::Recipe;

/// The browser's store of weights.
pub const WEIGHTS: &str = "patchwork-weights-1";

/// Which device the visitor wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// A real GPU that Burn can use, else the CPU.
    #[default]
    Auto,
    /// WebGPU, whatever adapter there is.
    WebGpu,
    /// The CPU.
    Cpu,
}

/// The bytes of a file: a PNG, unless it says otherwise. Pixels stay in the worker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct File(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// Several pictures in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Archive {
    /// A ZIP of the files as they are.
    Zip,
    /// A PNG of the pictures side by side.
    Sheet,
}

/// Pixels that a sheet of many pictures has at most, across: in a tab memory is short.
const MOST_ACROSS: u32 = 4096;

/// Returns how many pixels a side each of so many pictures has room for on a sheet.
pub fn most_on_sheet(count: usize) -> u32 {
    MOST_ACROSS / ((count as f64).sqrt().ceil() as u32).max(1)
}

/// From the page to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Start the device and load the model; once, first.
    Load {
        /// The model's folder, relative to the page.
        model: String,
        /// The device to start.
        device: DeviceChoice,
    },
    /// Draw; replaces whatever is being drawn or waits.
    Draw {
        /// Names the job in the events about it.
        job: u32,
        /// What to draw.
        recipe: Box<Recipe>,
    },
    /// Stop drawing after the current step.
    Cancel,
    /// Decode a step of the last job in full.
    Decode {
        /// The job.
        job: u32,
        /// The step, 1 for the first; 0 is the noise.
        step: usize,
    },
    /// Tell how the prompts are read.
    Read {
        /// The prompt.
        prompt: String,
        /// The negative prompt.
        negative: String,
    },
    /// Remove the weights that the browser keeps.
    Forget,
    /// Read the recipe in a file that somebody brought.
    Open {
        /// The file's name.
        name: String,
        /// The file.
        file: File,
    },
    /// Make of a picture what is saved.
    Finish {
        /// Names this request in its answer.
        ticket: u32,
        /// The picture, with its recipe inside.
        png: File,
        /// What to make of it.
        finish: Finish,
    },
    /// Take one more picture for an archive.
    Add {
        /// The archive's ticket.
        ticket: u32,
        /// The name of its file.
        name: String,
        /// The picture.
        png: File,
    },
    /// Put what was added into one file.
    Archive {
        /// Names this request in its answer.
        ticket: u32,
        /// Which kind of file.
        archive: Archive,
        /// What is made of each picture.
        finish: Finish,
    },
}

/// What is downloaded to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The worker's program.
    Program,
    /// The model's files.
    Weights,
}

/// From the worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Files are coming in.
    Loading {
        /// Which.
        part: Part,
        /// Bytes so far.
        loaded: f64,
        /// Bytes in all; 0 until that is known.
        total: f64,
        /// When, in milliseconds since some moment.
        at: f64,
    },
    /// What takes time now, in a few words: “Compiling shaders”.
    Stage {
        /// The words.
        stage: String,
    },
    /// The model is ready.
    Ready {
        /// What it is.
        model: Box<ModelFacts>,
        /// Where it runs.
        device: DeviceFacts,
        /// How long loading took.
        seconds: f64,
    },
    /// The model's upscaler is there, after pictures were enlarged without it.
    Upscales,
    /// The model's upscaler cannot be had: its pictures are enlarged without it.
    NoUpscaler {
        /// Why, in a sentence.
        problem: String,
    },
    /// An archive is being put together.
    Gathering {
        /// The request's.
        ticket: u32,
        /// Pictures that are done.
        done: usize,
        /// Pictures in all.
        total: usize,
    },
    /// The kept weights are removed, or could not be.
    Forgotten {
        /// A sentence.
        message: String,
    },
    /// A job has begun.
    Started {
        /// The job.
        job: u32,
        /// How many steps it has.
        steps: usize,
        /// What the visitor should hear, such as words left out.
        notes: Vec<String>,
        /// The noise levels where it begins and where each step ends.
        levels: Vec<f64>,
        /// The noise that it begins with, through the map of previews, one for each picture.
        noise: Vec<File>,
    },
    /// A step of a job is done.
    Step {
        /// The job.
        job: u32,
        /// 0 for the first.
        index: usize,
        /// How long it took.
        milliseconds: f64,
        /// The estimate of the finished picture, one for each picture of the job.
        denoised: Vec<File>,
        /// The latent as it is, noise and all, through the same map.
        noisy: Vec<File>,
    },
    /// A job is finished, or was stopped: its pictures in full.
    Done {
        /// The job.
        job: u32,
        /// Whether it was stopped before its last step.
        stopped: bool,
        /// The pictures, each with its own recipe inside.
        pictures: Vec<File>,
        /// How long it took in all.
        milliseconds: f64,
    },
    /// A step was decoded in full.
    Decoded {
        /// The job.
        job: u32,
        /// The step, 1 for the first; 0 is the noise.
        step: usize,
        /// The pictures.
        pictures: Vec<File>,
    },
    /// How the prompts are read.
    Read {
        /// The prompt.
        prompt: Reading,
        /// The negative prompt.
        negative: Reading,
    },
    /// The page and its worker are of two versions: the page must be loaded anew.
    Outdated,
    /// Something went wrong; the worker goes on.
    Failed {
        /// The job that it ended, if any.
        job: Option<u32>,
        /// A sentence.
        message: String,
    },
    /// The worker cannot draw, and must be started anew for it.
    Crashed {
        /// A sentence.
        message: String,
        /// Whether it drew on a GPU, or was about to: the CPU may do better.
        on_gpu: bool,
    },
    /// The recipe in a file that somebody brought: it, and what in it is not known; or a sentence.
    Opened {
        /// The file's name.
        name: String,
        /// What came of it.
        outcome: Result<(Box<Recipe>, Vec<String>), String>,
        /// Whether its picture can be read, too.
        is_whole: bool,
    },
    /// What was made of a picture, or of several; or a sentence.
    Finished {
        /// The request's.
        ticket: u32,
        /// Whether it was made of what the upscaler made of the picture.
        is_upscaled: bool,
        /// What came of it.
        outcome: Result<File, String>,
    },
}

/// Returns a message as bytes.
///
/// # Panics
/// Never: every part of these messages has a form in bytes.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).expect("plain data")
}

/// Returns the message that bytes hold; `None` if they hold none.
pub fn decode<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_as_they_were() {
        let recipe = Recipe { prompt: "été 🍕".into(), seed: u64::MAX, ..Recipe::default() };
        let request = Request::Draw { job: 7, recipe: recipe.into() };
        assert_eq!(decode(&encode(&request)), Some(request));
        let picture = File(vec![1, 2, 3, 4]);
        let event = Event::Step {
            job: 7,
            index: 3,
            milliseconds: 1.5,
            denoised: vec![picture.clone()],
            noisy: vec![picture],
        };
        assert_eq!(decode(&encode(&event)), Some(event));
        // Fields that are left out when they are empty would be missed by this format.
        let (model, device) = (Box::default(), DeviceFacts::default());
        let event = Event::Ready { model, device, seconds: 0.5 };
        assert_eq!(decode(&encode(&event)), Some(event));
    }

    #[test]
    fn bytes_that_are_no_message_are_none() {
        assert_eq!(decode::<Event>(&[255; 40]), None);
        assert_eq!(decode::<Event>(&[]), None);
        let whole = encode(&Event::Failed { job: None, message: "x".repeat(50) });
        assert_eq!(decode::<Event>(&whole[..20]), None);
    }
}
