//! What the page asks of its worker.

use serde::{Deserialize, Serialize};

use super::{Archive, DeviceChoice, File, Tool};
use crate::image::finish::Finish;
use crate::recipe::PartialRecipe;

/// A message from the page to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Starts the device and loads the model. It is sent once, first.
    Load {
        /// The model's folder, relative to the page.
        model: String,
        /// The device to use.
        device: DeviceChoice,
    },
    /// Hands over a picture that runs can begin with, or a mask, before a run that needs it.
    Picture {
        /// Its hash, by which recipes name it.
        hash: String,
        /// The picture at the model's size, or a mask in its alpha.
        png: File,
    },
    /// Draws a recipe, in place of the current and the queued one.
    Draw {
        /// The number that names the job in the events about it.
        job: u32,
        /// The fields of the recipe that the page chose.
        recipe: Box<PartialRecipe>,
    },
    /// Stops drawing after the current step.
    Cancel,
    /// Decodes a step of the last job in full.
    Decode {
        /// The job.
        job: u32,
        /// The step, 1 for the first; 0 is the initial noise.
        step: usize,
    },
    /// Asks how the model reads the prompts.
    Read {
        /// The prompt.
        prompt: String,
        /// The negative prompt.
        negative: String,
    },
    /// Uses a tool on pictures. [`Event::Used`](super::Event::Used) answers.
    Use {
        /// The number that names this request in its answer.
        ticket: u32,
        /// The tool.
        tool: Tool,
        /// The files that it works on: one picture, unless the tool says otherwise.
        files: Vec<File>,
    },
    /// Stops a tool, which then answers with an error.
    StopUsing {
        /// The ticket of its request.
        ticket: u32,
    },
    /// Removes the weights that the browser keeps.
    Forget,
    /// Reads a file that the visitor brought: [`Event::Opened`](super::Event::Opened) if it holds a recipe, otherwise
    /// [`Event::Brought`](super::Event::Brought).
    Open {
        /// The number that names this request in its answer.
        ticket: u32,
        /// The file's name.
        name: String,
        /// The file.
        file: File,
    },
    /// Finishes a picture before it is saved.
    Finish {
        /// The number that names this request in its answer.
        ticket: u32,
        /// The picture, with its recipe inside.
        png: File,
        /// How the picture is finished.
        finish: Finish,
    },
    /// Adds a picture to an archive.
    Add {
        /// The archive's ticket.
        ticket: u32,
        /// The file name of the picture.
        name: String,
        /// The picture.
        png: File,
    },
    /// Puts the added pictures into one file.
    Archive {
        /// The number that names this request in its answer.
        ticket: u32,
        /// The kind of file.
        archive: Archive,
        /// How each picture is finished.
        finish: Finish,
    },
}
