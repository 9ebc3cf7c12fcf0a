//! Progress: how far the replay is, said only where it takes its time.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// What is over sooner needs no progress.
const PATIENCE: Duration = Duration::from_secs(2);

/// A spinner on a terminal, and elsewhere one line.
pub(crate) struct Progress {
    bar: ProgressBar,
    shown: tokio::task::JoinHandle<()>,
}

impl Progress {
    /// Begins; within a runtime.
    pub(crate) fn begin(text: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}: {pos} messages ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(text);
        let later = bar.clone();
        let shown = tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            later.set_draw_target(ProgressDrawTarget::stderr());
            if later.is_hidden() {
                output::say(&format!("{text} …"));
            }
            later.enable_steady_tick(Duration::from_millis(120));
        });
        Self { bar, shown }
    }

    /// One more message is done.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.shown.abort();
        self.bar.finish_and_clear();
    }
}
