/// Connecting to an API server: kubeconfig files and the typed client. Every component except the API server starts
/// here.
@NullMarked
package io.jubernetes.common.client;

import org.jspecify.annotations.NullMarked;
