/// Roles and their bindings; what users may grant is decided by authorization, not here.
/// One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.rbac;

import org.jspecify.annotations.NullMarked;
