"""A kernel with all that it calls in it, so that its numbers are the same in every process.

numba links what a kernel calls into it under names that other kernels bring along too, each in a
copy that was optimised in other surroundings and may add up in another order. Whichever copy a
process comes to know first would serve all: where it compiles, the callee's own; where it reads
kernels from disk, that of the kernel it happens to call first. Their last bits differ.
"""

from __future__ import annotations

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder

SHARED = {"linkonce_odr", "weak_odr"}
"""How functions are linked that several kernels may bring along."""

usual: Any = DefaultPassBuilder  # numba has no types


class OwnCode(JITCodeLibrary):
    """A kernel's machine code, of which no other kernel calls a part, nor it one of another's."""

    def _optimize_final_module(self) -> None:
        """Keep to this kernel what was linked into it, before that is optimised with it."""
        module: Any = self._final_module
        for function in module.functions:
            if not function.is_declaration and function.linkage.name in SHARED:
                function.linkage = "internal"
        super()._optimize_final_module()  # type: ignore[no-untyped-call] # as above


class OwnCodeCompiler(CompilerBase):
    """Compiles a kernel as numba would, but for where its machine code goes."""

    def define_pipelines(self) -> list[Any]:
        """Begin that, and return what numba does."""
        state: Any = self.state
        own: Any = OwnCode
        state.library = own(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return [usual.define_nopython_pipeline(state)]
