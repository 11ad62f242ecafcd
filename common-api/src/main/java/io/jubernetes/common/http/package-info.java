/// The HTTP server every service runs: TLS with optional client certificates, HTTP/2 and HTTP/1.1, on Reactor
/// Netty inside a Spring Boot context; the management endpoints; and the check of who may call them, delegated
/// to the API server. Start at [io.jubernetes.common.http.SpringService] and
/// [io.jubernetes.common.http.WebServerConfiguration].
@NullMarked
package io.jubernetes.common.http;

import org.jspecify.annotations.NullMarked;
