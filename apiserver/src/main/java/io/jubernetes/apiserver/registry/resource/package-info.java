/// Dynamic resource allocation: claims, templates, classes and slices of devices.
/// One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.resource;

import org.jspecify.annotations.NullMarked;
