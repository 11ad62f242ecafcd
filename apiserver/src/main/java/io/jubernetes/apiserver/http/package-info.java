/// The REST front: routes, content negotiation, lists and watch streams as bytes, failures as Status objects.
/// The only package that knows Reactor; what it calls blocks on virtual threads. Start at
/// [io.jubernetes.apiserver.http.ApiHandler].
@NullMarked
package io.jubernetes.apiserver.http;

import org.jspecify.annotations.NullMarked;
