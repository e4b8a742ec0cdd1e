//! Values: JSON pointers, views that borrow, templates filled, values held against shapes, and one walk over both.

pub mod digest;
mod mask;
pub mod pointer;
mod shape;
pub mod template;
pub mod view;
pub mod walk;

pub use view::View;
