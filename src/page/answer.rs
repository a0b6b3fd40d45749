//! What a room answers in a turn: messages for the visitor, effects, and what it wishes of other
//! rooms.

use super::protocol::Request;

/// The last message for the visitor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The message, in sentences.
    pub text: String,
    /// Whether something went wrong.
    pub is_bad: bool,
}

impl Status {
    /// Sets the text. A repeated text gets a trailing space, because a live region announces only
    /// changes.
    pub(super) fn say(&mut self, mut text: String) {
        if text == self.text {
            text.push('\u{a0}');
        }
        (self.text, self.is_bad) = (text, false);
    }

    /// Sets the text to an error message.
    pub(super) fn warn(&mut self, text: String) {
        self.say(text);
        self.is_bad = true;
    }

    /// Adds a sentence.
    pub(super) fn add(&mut self, text: &str) {
        let is_bad = self.is_bad;
        self.say(format!("{} {text}", self.text));
        self.is_bad = is_bad;
    }
}

/// A part of an answer.
pub(super) enum Part<Effect, Wish> {
    /// A message for the visitor.
    Say(String),
    /// An error message.
    Warn(String),
    /// A sentence after the last message.
    Add(String),
    /// A message that is left out if the visitor has it already.
    Tell(String),
    /// A request to the current worker.
    Send(Request),
    /// A move of the keyboard focus to the element of a CSS selector.
    Focus(&'static str),
    /// An effect of the room.
    Effect(Effect),
    /// Something that other rooms do.
    Wish(Wish),
}

/// What a room answers. Its parts take place in their order.
pub(super) struct Answer<Effect, Wish> {
    pub(super) parts: Vec<Part<Effect, Wish>>,
}

impl<Effect, Wish> Answer<Effect, Wish> {
    /// Returns an empty answer.
    pub(super) fn new() -> Self {
        Self { parts: Vec::new() }
    }

    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Say(text.into()));
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Warn(text.into()));
    }

    pub(super) fn add(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Add(text.into()));
    }

    pub(super) fn tell(&mut self, text: String) {
        self.parts.push(Part::Tell(text));
    }

    pub(super) fn send(&mut self, request: Request) {
        self.parts.push(Part::Send(request));
    }

    pub(super) fn focus(&mut self, selector: &'static str) {
        self.parts.push(Part::Focus(selector));
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.parts.push(Part::Effect(effect));
    }

    pub(super) fn wish(&mut self, wish: Wish) {
        self.parts.push(Part::Wish(wish));
    }
}
