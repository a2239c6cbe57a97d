//! The world of `wit/tool.wit` as Rust, generated.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "tool",
    imports: { default: trappable },
    exports: { default: async },
});
