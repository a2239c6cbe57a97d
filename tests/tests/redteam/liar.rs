//! A component that tells the host lies at the lowest level, where no compiler would let it: about where its bytes are,
//! and about which handles it was given. Made here byte by byte.

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, CodeSection, Component, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentImportSection, ComponentInstanceSection, ComponentTypeRef,
    ComponentTypeSection, ComponentValType, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, InstanceSection, InstanceType, MemorySection, MemoryType, Module, ModuleArg, ModuleSection,
    PrimitiveValType, TypeBounds, TypeSection, ValType,
};

/// What it says.
#[derive(Clone, Copy)]
pub(crate) enum Lie {
    /// To `log`: that a text begins here in its one page of memory, and that it has so many bytes.
    Text { begins: u32, bytes: u32 },
    /// To `block`: that it holds a handle of this number.
    Handle(u32),
}

impl Lie {
    /// A command that tells the lie and ends well if it gets away with it.
    pub(crate) fn command(self) -> Vec<u8> {
        let mut component = Component::new();
        imports(&mut component);
        component.section(&ModuleSection(&memory()));
        component.section(&ModuleSection(&self.module()));
        let mut instances = InstanceSection::new();
        instances.instantiate(0, Vec::<(&str, ModuleArg)>::new());
        component.section(&instances);
        lowered(&mut component);
        let mut instances = InstanceSection::new();
        instances.export_items([("log", ExportKind::Func, 0), ("block", ExportKind::Func, 1)]);
        instances.instantiate(1, [("host", ModuleArg::Instance(1))]);
        component.section(&instances);
        export_run(&mut component);
        component.finish()
    }

    /// The core module whose `run` calls the host once.
    fn module(self) -> Module {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32, ValType::I32, ValType::I32], []);
        types.ty().function([ValType::I32], []);
        types.ty().function([], [ValType::I32]);
        module.section(&types);
        let mut imports = ImportSection::new();
        imports.import("host", "log", EntityType::Function(0)).import("host", "block", EntityType::Function(1));
        module.section(&imports);
        let mut functions = FunctionSection::new();
        functions.function(2);
        module.section(&functions);
        let mut exports = ExportSection::new();
        exports.export("run", ExportKind::Func, 2);
        module.section(&exports);
        let mut run = Function::new([]);
        let mut code = run.instructions();
        match self {
            Self::Text { begins, bytes } => {
                code.i32_const(2).i32_const(begins.cast_signed()).i32_const(bytes.cast_signed()).call(0)
            }
            Self::Handle(number) => code.i32_const(number.cast_signed()).call(1),
        };
        code.i32_const(0).end();
        let mut bodies = CodeSection::new();
        bodies.function(&run);
        module.section(&bodies);
        module
    }
}

/// A module with the one page that texts are in.
fn memory() -> Module {
    let mut module = Module::new();
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    module.section(&memories);
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    module.section(&exports);
    module
}

/// `log` of our own world and `block` of `wasi:io`.
fn imports(component: &mut Component) {
    let mut host = InstanceType::new();
    let text = ComponentValType::Primitive(PrimitiveValType::String);
    let level = ComponentValType::Primitive(PrimitiveValType::U8);
    host.ty().function().params([("level", level), ("text", text)]).result(None);
    host.export("log", ComponentTypeRef::Func(0));
    let mut poll = InstanceType::new();
    poll.export("pollable", ComponentTypeRef::Type(TypeBounds::SubResource));
    poll.ty().defined_type().borrow(0);
    poll.ty().function().params([("self", ComponentValType::Type(1))]).result(None);
    poll.export("[method]pollable.block", ComponentTypeRef::Func(2));
    let mut types = ComponentTypeSection::new();
    types.instance(&host).instance(&poll);
    component.section(&types);
    let mut imports = ComponentImportSection::new();
    imports.import("boxagnts:tool/host@0.1.0", ComponentTypeRef::Instance(0));
    imports.import("wasi:io/poll@0.2.0", ComponentTypeRef::Instance(1));
    component.section(&imports);
}

/// Both as core functions, the first with the page.
fn lowered(component: &mut Component) {
    let mut aliases = ComponentAliasSection::new();
    for (instance, name) in [(0, "log"), (1, "[method]pollable.block")] {
        aliases.alias(Alias::InstanceExport { instance, kind: ComponentExportKind::Func, name });
    }
    aliases.alias(Alias::CoreInstanceExport { instance: 0, kind: ExportKind::Memory, name: "memory" });
    component.section(&aliases);
    let mut canonical = CanonicalFunctionSection::new();
    canonical.lower(0, [CanonicalOption::UTF8, CanonicalOption::Memory(0)]);
    canonical.lower(1, Vec::<CanonicalOption>::new());
    component.section(&canonical);
}

/// Lifts `run` of the last instance as the interface of a command.
fn export_run(component: &mut Component) {
    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::CoreInstanceExport { instance: 2, kind: ExportKind::Func, name: "run" });
    component.section(&aliases);
    let mut types = ComponentTypeSection::new();
    types.defined_type().result(None, None);
    types.function().params(Vec::<(&str, ComponentValType)>::new()).result(Some(ComponentValType::Type(2)));
    component.section(&types);
    let mut lifted = CanonicalFunctionSection::new();
    lifted.lift(2, 3, Vec::<CanonicalOption>::new());
    component.section(&lifted);
    let mut instances = ComponentInstanceSection::new();
    // Two functions were named by their aliases before it.
    instances.export_items([("run", ComponentExportKind::Func, 2)]);
    component.section(&instances);
    let mut exports = ComponentExportSection::new();
    exports.export("wasi:cli/run@0.2.0", ComponentExportKind::Instance, 2, None);
    component.section(&exports);
}
