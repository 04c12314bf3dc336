"""Compiles the walk, once, and loads what was compiled: ``python -m turnout.simulator.compiled``."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from turnout.simulator import walk as walk_module
from turnout.simulator.walk import HELPERS, walk

ARGUMENTS = (
    "uint32 int64 uint8 int64 int64 uint32"
    " int64 int64 int64 int64 int64 int32 int64 int64 int64 uint8 int64 int32 int64 uint8 int64"
).split()

def place():
    return Path("/tmp/fast/cache/walk.o")

def compile_walk():
    import numba, numba.extending
    import llvmlite.binding as llvm
    for helper in HELPERS:
        numba.extending.register_jitable(helper)
    kinds = [numba.types.CPointer(getattr(numba.types, each)) for each in ARGUMENTS]
    made = numba.cfunc(numba.types.void(*kinds), error_model="numpy")(walk) if False else numba.cfunc(numba.types.void(*kinds))(walk)
    text = made.inspect_llvm()
    llvm.initialize_native_target(); llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(text)
    module.verify()
    name=made.native_name
    for f in module.functions:
        if not f.is_declaration and f.name!=name: f.linkage="internal"
    for f in module.global_variables:
        if not f.is_declaration and "NumbaEnv" in f.name: f.linkage="internal"
    target = llvm.Target.from_default_triple()
    machine = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, reloc="pic", codemodel="jitdefault", jit=True)
    to=llvm.create_pipeline_tuning_options(speed_level=3)
    pb=llvm.create_pass_builder(machine,to)
    pm=pb.getModulePassManager()
    pm.run(module,pb)
    print([f.name for f in module.functions if f.is_declaration])
    data = machine.emit_object(module)
    place().parent.mkdir(exist_ok=True, parents=True)
    place().write_bytes(data)
    (place().parent/"name").write_text(made.native_name if hasattr(made,'native_name') else made._wrapper_name)
    (place().parent/"walk.ll").write_text(text)
    print(len(data), made.native_name)


Walk=Any
@cache
def load():
    import llvmlite.binding as llvm
    llvm.initialize_native_target(); llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly("")
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(place().read_bytes()))
    engine.finalize_object()
    address = engine.get_function_address((place().parent/"name").read_text())
    f = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(ARGUMENTS))(address)
    def call(*arrays):
        f(*(a.ctypes.data for a in arrays))
    call.engine=engine
    return call

if __name__ == "__main__":
    compile_walk()
