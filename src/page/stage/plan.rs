//! What the cells of a grid are: two settings that vary, or pictures with names.

use super::grid::{Axis, Grid};

/// What the cells of a grid are.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// An X/Y grid.
    Table {
        /// The columns.
        across: Axis,
        /// The rows.
        down: Axis,
    },
    /// Pictures that have a name each.
    List {
        /// What they are: “Variations”.
        title: &'static str,
        /// Their names.
        names: Vec<String>,
        /// How many stand side by side.
        columns: usize,
    },
}

impl Grid {
    /// Returns whether it is an X/Y grid.
    pub fn is_table(&self) -> bool {
        matches!(self.plan, Plan::Table { .. })
    }

    /// Returns how many cells stand side by side.
    pub fn columns(&self) -> usize {
        match &self.plan {
            Plan::Table { across, .. } => across.values.len(),
            Plan::List { columns, .. } => *columns,
        }
    }

    /// Returns a cell's name.
    pub fn name_of(&self, cell: usize) -> String {
        match &self.plan {
            Plan::Table { across, down } => {
                let columns = across.values.len();
                format!("{}, {}", across.values[cell % columns], down.values[cell / columns])
            }
            Plan::List { names, .. } => names[cell].clone(),
        }
    }

    /// Returns the message at the beginning of its drawing.
    pub(super) fn begins(&self) -> String {
        let count = self.cells.len() - self.done();
        match &self.plan {
            Plan::List { title, .. } => format!("{title}: drawing {count} pictures."),
            Plan::Table { .. } => format!("Drawing a grid of {count} pictures."),
        }
    }
}
