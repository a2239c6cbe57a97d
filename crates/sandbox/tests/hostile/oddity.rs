//! Components of odd shapes, made here byte by byte: no compiler would make them.

use wasm_encoder::{
    Alias, BlockType, CanonicalFunctionSection, CanonicalOption, CodeSection, Component, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentImportSection, ComponentInstanceSection, ComponentTypeRef,
    ComponentTypeSection, ComponentValType, ExportKind, ExportSection, Function, FunctionSection, InstanceSection,
    InstanceType, MemorySection, MemoryType, Module, ModuleArg, ModuleSection, RefType, TableSection, TableType,
    TypeSection, ValType,
};

/// How much of everything a component has.
pub(crate) struct Oddity {
    pub(crate) instances: u32,
    pub(crate) memories: u32,
    /// Pages of 64 KiB per memory.
    pub(crate) pages: u64,
    pub(crate) tables: u32,
    /// Elements per table.
    pub(crate) elements: u64,
    /// An interface that it imports.
    pub(crate) import: Option<&'static str>,
    /// Further functions, each of them hard to compile.
    pub(crate) hard_functions: u32,
}

impl Default for Oddity {
    fn default() -> Self {
        Self { instances: 1, memories: 1, pages: 1, tables: 0, elements: 0, import: None, hard_functions: 0 }
    }
}

impl Oddity {
    /// A command of this shape that does nothing and ends well.
    pub(crate) fn command(&self) -> Vec<u8> {
        let mut component = Component::new();
        if let Some(import) = self.import {
            let mut types = ComponentTypeSection::new();
            types.instance(&InstanceType::new());
            component.section(&types);
            let mut imports = ComponentImportSection::new();
            imports.import(import, ComponentTypeRef::Instance(0));
            component.section(&imports);
        }
        component.section(&ModuleSection(&self.module()));
        let mut instances = InstanceSection::new();
        for _ in 0..self.instances {
            instances.instantiate(0, Vec::<(&str, ModuleArg)>::new());
        }
        component.section(&instances);
        self.export_run(&mut component);
        component.finish()
    }

    /// A core module with all the memories and tables, and a function `run` that returns 0.
    pub(crate) fn module(&self) -> Module {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        module.section(&types);
        let mut functions = FunctionSection::new();
        for _ in 0..=self.hard_functions {
            functions.function(0);
        }
        module.section(&functions);
        let mut tables = TableSection::new();
        for _ in 0..self.tables {
            let element_type = RefType::FUNCREF;
            tables.table(TableType {
                element_type,
                table64: false,
                minimum: self.elements,
                maximum: None,
                shared: false,
            });
        }
        module.section(&tables);
        let mut memories = MemorySection::new();
        for _ in 0..self.memories {
            let (minimum, maximum) = (self.pages, None);
            memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
        }
        module.section(&memories);
        let mut exports = ExportSection::new();
        exports.export("run", ExportKind::Func, 0);
        module.section(&exports);
        let mut code = CodeSection::new();
        let mut run = Function::new([]);
        run.instructions().i32_const(0).end();
        code.function(&run);
        for _ in 0..self.hard_functions {
            code.function(&hard());
        }
        module.section(&code);
        module
    }

    /// Lifts `run` of the first instance as the interface of a command.
    fn export_run(&self, component: &mut Component) {
        let first_type = u32::from(self.import.is_some());
        let mut aliases = ComponentAliasSection::new();
        aliases.alias(Alias::CoreInstanceExport { instance: 0, kind: ExportKind::Func, name: "run" });
        component.section(&aliases);
        let mut types = ComponentTypeSection::new();
        types.defined_type().result(None, None);
        let result = ComponentValType::Type(first_type);
        types.function().params(Vec::<(&str, ComponentValType)>::new()).result(Some(result));
        component.section(&types);
        let mut lifted = CanonicalFunctionSection::new();
        lifted.lift(0, first_type + 1, Vec::<CanonicalOption>::new());
        component.section(&lifted);
        let mut instances = ComponentInstanceSection::new();
        instances.export_items([("run", ComponentExportKind::Func, 0)]);
        component.section(&instances);
        let mut exports = ComponentExportSection::new();
        let instance = u32::from(self.import.is_some());
        exports.export("wasi:cli/run@0.2.0", ComponentExportKind::Instance, instance, None);
        component.section(&exports);
    }
}

/// A thousand values that are all alive until the end, in a thousand branches: registers are hard to find for them.
fn hard() -> Function {
    const VALUES: u32 = 1000;
    let mut function = Function::new([(VALUES, ValType::I32)]);
    let mut code = function.instructions();
    for value in 0..VALUES {
        code.local_get(value).local_get((value * 7 + 1) % VALUES).i32_mul().local_tee(value);
        code.if_(BlockType::Empty).local_get(value).i32_const(1).i32_add().local_set((value * 3 + 2) % VALUES).end();
    }
    code.i32_const(0);
    for value in 0..VALUES {
        code.local_get(value).i32_add();
    }
    code.end();
    function
}
