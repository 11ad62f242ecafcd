/// Who is asking: client certificates, bearer tokens, anonymous. Start at
/// [io.jubernetes.apiserver.authn.Authentication].
@NullMarked
package io.jubernetes.apiserver.authn;

import org.jspecify.annotations.NullMarked;
