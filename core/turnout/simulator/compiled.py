"""Compiles the walk over requests, once: ``python -m turnout.simulator.compiled``; and loads what was compiled.

Compiling takes Numba, some seconds, and 200 MB. What comes out is a small object file without any link to Numba or
Python, so that llvmlite alone can load it, in a twentieth of a second: importing Numba would take 100 MB for nothing.
"""

from __future__ import annotations

import ctypes
import sys
import tempfile
from functools import cache
from hashlib import blake2b
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import numpy as np

from turnout.errors import InputError
from turnout.routing import draws
from turnout.routing.timeline import FOREVER
from turnout.simulator import lookups, walk
from turnout.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Walk", "compile_walk", "default_directory", "load", "loaded", "main"]

_BLOCK = ("uint32", "int64", "uint8", "int64", "int64", "uint32")
_TABLES = (*["int64"] * 5, "int32", *["int64"] * 3, "uint8", "int64")
_WRITTEN = ("int32", "int64", "uint8", "int64")
_KINDS = (*_BLOCK, *_TABLES, *_WRITTEN)
"""What the arguments of `turnout.simulator.walk.walk` are arrays of."""

_DIGEST = 32  # bytes


class Walk(Protocol):
    """The compiled `turnout.simulator.walk.walk`."""

    def __call__(self, *arrays: NDArray[Any]) -> None:
        """Walk over a block; all arrays are C-contiguous, and those written to are of the kinds stated there."""


@attrs.frozen(eq=False)
class _Loaded:
    function: Any
    engine: Any  # owns the machine code

    def __call__(self, *arrays: NDArray[Any]) -> None:
        fitting = [np.ascontiguousarray(each, kind) for each, kind in zip(arrays, _KINDS, strict=True)]
        self.function(*(each.ctypes.data for each in fitting))


def default_directory() -> Path:
    """Return where compiled code is kept: the platform's place for caches, such as ``~/.cache/turnout/compiled``."""
    from platformdirs import user_cache_path  # noqa: PLC0415  (only where a cache is wanted)

    return user_cache_path("turnout", appauthor=False) / "compiled"


def compile_walk(directory: Path) -> Path:
    """Compile the walk for this machine, and keep it.

    Args:
        directory: Where to.

    Raises:
        InputError: There is no Numba that works, or the directory cannot be written to.
    """
    try:
        numba, llvm = import_module("numba"), import_module("llvmlite.binding")
    except Exception as error:
        raise InputError(f"Numba cannot be imported: {error}", hint="pip install 'turnout[fast]'") from error
    for helper in lookups.HELPERS:
        numba.extending.register_jitable(helper)
    kinds = [numba.types.CPointer(getattr(numba.types, kind)) for kind in _KINDS]
    compiled = numba.cfunc(numba.types.void(*kinds))(walk.walk)
    module, machine = llvm.parse_assembly(compiled.inspect_llvm()), _machine(llvm)
    for function in module.functions:
        if function.name == compiled.native_name:
            function.name = "walk"
        elif not function.is_declaration:
            # Once all is inlined it is seen that nothing is raised, and what would call Python goes.
            function.linkage = "internal"
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    outside = [each.name for each in module.functions if each.is_declaration]
    if not all(name.startswith("llvm.") for name in outside):
        raise InputError(f"Numba {numba.__version__} compiles to what calls {', '.join(outside)}")
    data = machine.emit_object(module)
    path = directory / _name(llvm)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=directory, delete=False) as file:
            file.write(blake2b(data, digest_size=_DIGEST).digest() + data)
        Path(file.name).replace(path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", where=str(path)) from error
    return path


def load(directory: Path) -> Walk | None:
    """Load what was compiled for this machine by this version of all that takes part; None if there is nothing.

    Args:
        directory: Where it was put.
    """
    if not directory.is_dir():
        return None
    try:
        llvm = import_module("llvmlite.binding")
        path = directory / _name(llvm)
        kept = path.read_bytes() if path.is_file() else b""  # a named pipe would never be read to its end
        digest, data = kept[:_DIGEST], kept[_DIGEST:]
        if blake2b(data, digest_size=_DIGEST).digest() != digest:
            return None
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(llvm))
        engine.add_object_file(llvm.ObjectFileRef.from_data(data))
        engine.finalize_object()
        address = engine.get_function_address("walk")
    except Exception:  # noqa: BLE001  (an extra that is missing or broken costs nothing but time)
        return None
    return _Loaded(ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(_KINDS))(address), engine)


@cache
def loaded() -> Walk | None:
    """Load what was compiled on this machine, once in a process."""
    return load(default_directory())


def _machine(llvm: Any) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, reloc="pic", codemodel="jitdefault", jit=True
    )


def _name(llvm: Any) -> str:
    """A file for each kind of processor, each version of what is compiled, and each LLVM, to which a Numba is bound."""
    parts = (
        *(Path(str(module.__file__)).read_text(encoding="utf-8") for module in (walk, lookups, draws)),
        *(str(each) for each in (_KINDS, FOREVER, SECOND, metadata.version("llvmlite"))),
        llvm.get_default_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest() + ".walk"


def main() -> int:
    """Compile the walk, and say where it is kept: what to exit with."""
    try:
        path = compile_walk(default_directory())
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"compiled: {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
