//! Values: JSON pointers, views that borrow, templates filled, and values held against shapes.

pub mod digest;
pub mod pointer;
mod shape;
pub mod template;
pub mod view;

pub use view::View;
