/// Webhook configurations and admission policies as objects; running them is admission's.
/// One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.admissionregistration;

import org.jspecify.annotations.NullMarked;
