//! The table of an evaluation, with a row for each measure and a column for each model.

use std::cell::RefCell;

use crate::diffusion::guess::{GuessErrors, LEVELS};
use crate::evaluate::metrics::FeatureMetrics;
use crate::evaluate::reconstruction::Reconstruction;
use crate::evaluate::shapes::Ranks;
use crate::evaluate::{Errors, Pairs, Report, Rest};

/// Returns the table in Markdown; its last column measures real pictures.
pub(super) fn table(reports: &[Report]) -> String {
    let text = RefCell::new(String::new());
    let Some(first) = reports.first() else { return text.into_inner() };
    let line = |what: &str, of: &dyn Fn(&Report) -> String, real: String| {
        let cells: Vec<String> = reports.iter().map(of).chain([real]).collect();
        *text.borrow_mut() += &format!("| {what} | {} |\n", cells.join(" | "));
    };
    line("", &|report| report.model.clone(), "real pictures".into());
    *text.borrow_mut() += &format!("|---|{}\n", "---|".repeat(reports.len() + 1));
    type Cell<'a, T> = &'a dyn Fn(&T) -> String;
    if let Some(real) = &first.everyday {
        let what = format!(
            "{} everyday words in {}: the right concept is among the nearest 5 % of all",
            real.words,
            real.styles.join(", ")
        );
        let score = |report: &Report| {
            report.everyday.as_ref().map_or_else(String::new, |words| words.score.percent())
        };
        line(&what, &score, real.real.percent());
        for (i, style) in real.styles.iter().enumerate() {
            let of_style = |report: &Report| {
                report
                    .everyday
                    .as_ref()
                    .map_or_else(String::new, |words| words.of_style[i].percent())
            };
            line(&format!("… in {style}"), &of_style, String::new());
        }
    }
    let scores: [(&str, Cell<'_, FeatureMetrics>); 5] = [
        ("kernel distance (KID, ×1000)", &|scores| scores.kid.text(1000.0, 1)),
        ("nearest family of concepts is right", &|scores| scores.family.percent()),
        ("… families that are farther", &|scores| scores.family_rank.percent()),
        ("style is right", &|scores| scores.style.percent()),
        ("nearest to a picture learnt: 1st percentile", &|scores| scores.copies.text(1.0, 3)),
    ];
    let ranks: [(&str, Cell<'_, Ranks>); 3] = [
        ("true picture is the nearest of its style and other families at 32×32", &|ranks| {
            ranks.first.percent()
        }),
        ("… one of the nearest five", &|ranks| ranks.of_five.percent()),
        ("… median rank", &|ranks| ranks.median.text(1.0, 0)),
    ];
    for (kind, of) in [
        ("learnt pairs", (|r| &r.learnt) as fn(&Report) -> &Pairs),
        ("held-out pairs", |r| &r.pairs),
    ] {
        line(&format!("{kind}: pictures"), &|r| of(r).scores.pictures.to_string(), String::new());
        for (what, cell) in ranks {
            let real = cell(&of(first).real_ranks);
            line(&format!("{kind}: {what}"), &|report| cell(&of(report).ranks), real);
        }
        for (what, cell) in scores {
            let real = of(first).real_scores.as_ref().map_or_else(String::new, cell);
            line(&format!("{kind}: {what}"), &|report| cell(&of(report).scores), real);
        }
        if of(first).errors.is_none() {
            continue;
        }
        let errors = |of_errors: &dyn Fn(Errors) -> String, what: String| {
            let cell = |r: &Report| of(r).errors.map_or_else(String::new, of_errors);
            line(&format!("{kind}: {what}"), &cell, String::new());
        };
        errors(&|errors| format!("{:.4}", errors.flow), "error of the flow".into());
        for (i, t) in LEVELS.iter().enumerate() {
            let both = |Errors { guess: GuessErrors { right, wrong }, .. }: Errors| {
                format!("{:.3}, {:.3}", right[i], wrong[i])
            };
            errors(&both, format!("error of the guess at {t}, right and wrong prompt"));
        }
    }
    let Some(real) = &first.rest else { return text.take() };
    let rest = |what: &str, cell: Cell<'_, Rest>, real: String| {
        line(what, &|report| report.rest.as_ref().map_or_else(String::new, cell), real);
    };
    for (what, cell) in scores {
        let real = cell(&real.real_concepts);
        rest(&format!("held-out concepts: {what}"), &|rest| cell(&rest.concepts), real);
    }
    rest("colour obeyed", &|rest| rest.colour.percent(), real.real_colour.percent());
    let kept: [(&str, Cell<'_, Reconstruction>); 4] = [
        ("autoencoder: PSNR", &|kept| format!("{:.2} dB", kept.psnr)),
        ("… with noise", &|kept| format!("{:.2} dB", kept.psnr_noisy)),
        ("autoencoder: edge error", &|kept| format!("{:.3}", kept.edge_error)),
        ("… with noise", &|kept| format!("{:.3}", kept.edge_error_noisy)),
    ];
    for (what, cell) in kept {
        rest(what, &|rest| cell(&rest.reconstruction), String::new());
    }
    text.take()
}
