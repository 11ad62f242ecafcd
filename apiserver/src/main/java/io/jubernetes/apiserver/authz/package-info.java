/// May they: the chain of authorizers. Start at [io.jubernetes.apiserver.authz.Authorizer].
@NullMarked
package io.jubernetes.apiserver.authz;

import org.jspecify.annotations.NullMarked;
