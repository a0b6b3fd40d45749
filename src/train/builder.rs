//! Builds [`Prepared`] data from latents, captions and examples.

use std::collections::HashMap;

use half::f16;

use super::prepared::{Example, Prepared};

/// A builder of a [`Prepared`].
#[derive(Debug)]
pub struct Builder {
    prepared: Prepared,
    known: HashMap<String, usize>,
}

impl Builder {
    /// Creates a builder without examples. `empty` holds the states of the empty prompt.
    pub fn new(
        latent: [usize; 3],
        [max_tokens, text_dim]: [usize; 2],
        styles: Vec<String>,
        empty: &[f32],
    ) -> Self {
        let prepared = Prepared {
            latent,
            max_tokens,
            text_dim,
            styles,
            origin: String::new(),
            examples: Vec::new(),
            draws: None,
            latents: Vec::new(),
            states: Vec::new(),
            bounds: Vec::new(),
            captions: Vec::new(),
        };
        let mut builder = Self { prepared, known: HashMap::new() };
        builder.text("", empty);
        builder
    }

    /// Returns the index of a caption, if it is known.
    pub fn place(&self, caption: &str) -> Option<usize> {
        self.known.get(caption).copied()
    }

    /// Adds a caption and its states, row-major `[n, text_dim]`, and returns its index.
    pub fn text(&mut self, caption: &str, states: &[f32]) -> usize {
        let data = &mut self.prepared;
        let start = data.states.len() / data.text_dim;
        data.states.extend(states.iter().map(|value| f16::from_f32(*value)));
        data.bounds.push([start, data.states.len() / data.text_dim]);
        let place = data.bounds.len() - 1;
        data.captions.push(caption.to_owned());
        self.known.insert(caption.to_owned(), place);
        place
    }

    /// Adds a latent and returns its index.
    pub fn latent(&mut self, values: &[f32]) -> usize {
        let data = &mut self.prepared;
        let size: usize = data.latent.iter().product();
        assert_eq!(values.len(), size, "one latent");
        data.latents.extend(values.iter().map(|value| f16::from_f32(*value)));
        data.latents.len() / size - 1
    }

    /// Adds an example.
    pub fn example(&mut self, example: Example) {
        self.prepared.examples.push(example);
    }

    /// Returns the finished data.
    pub fn finish(mut self) -> Prepared {
        self.prepared.weigh();
        self.prepared
    }
}
