//! Reports on runs, for people and for machines.
//!
//! The same run always gives the same report. A report contains times only if they are asked for, and no paths except
//! those that the user gave. Each format can be made from a [`Run`](crate::run::Run), and a run can be read back from
//! [JSON lines](json_lines), so that any report can be made of that one later.

mod badge;
mod causes;
mod counts;
mod format;
mod grid;
mod html;
mod json_lines;
mod junit;
mod lines;
mod markdown;
mod never;
mod read;
mod tap;
mod text;
mod timing;

pub use badge::badge;
pub use counts::summary;
pub use format::Format;
pub use grid::{Column, grid};
pub use html::html;
pub use json_lines::{SCHEMA, json_lines};
pub use junit::junit;
pub use markdown::markdown;
pub use read::read;
pub use tap::tap;
pub use text::{Detail, text};
pub use timing::Timing;
