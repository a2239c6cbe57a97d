//! The world of `wit/tool.wit` as Rust, generated.
//!
//! The generated code crosses the component boundary with raw pointers, which is why `unsafe` is
//! accepted here and nowhere else.
#![allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "tool",
    pub_export_macro: true,
    export_macro_name: "export_tool",
    default_bindings_module: "boxagnts_guest_sdk::bindings",
});
