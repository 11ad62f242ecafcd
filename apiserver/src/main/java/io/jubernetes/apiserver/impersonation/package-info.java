/// Acting as somebody else. [Impersonation] decides whether a sender may do so for one request, in one of the modes
/// of upstream's constrained impersonation or by the older verb `impersonate`. The headers that ask for it are read by
/// the HTTP front, its only caller.
@NullMarked
package io.jubernetes.apiserver.impersonation;

import org.jspecify.annotations.NullMarked;
