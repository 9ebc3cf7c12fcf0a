//! Progress: what is being done, on a terminal with a spinner, elsewhere a line each.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// A step that takes its time.
pub(crate) struct Step {
    bar: ProgressBar,
    text: String,
    began: Instant,
}

impl Step {
    /// Says what begins.
    pub(crate) fn begin(text: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        if bar.is_hidden() {
            output::say(&format!("{text} …"));
        }
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(text.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, text: text.to_owned(), began: Instant::now() }
    }

    /// Says that it is done.
    pub(crate) fn done(self) {
        let visible = !self.bar.is_hidden();
        self.bar.finish_and_clear();
        if visible {
            output::say(&format!("{} ({:.1} s)", self.text, self.began.elapsed().as_secs_f32()));
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
