/// What a fresh cluster holds before anybody has made anything: namespaces, roles and bindings, priority
/// classes, the service range, the `kubernetes` Service.
@NullMarked
package io.jubernetes.apiserver.bootstrap;

import org.jspecify.annotations.NullMarked;
