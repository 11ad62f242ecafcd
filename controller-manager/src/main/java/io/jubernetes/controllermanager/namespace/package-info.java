/// Empties namespaces that are being deleted and lets them go.
@NullMarked
package io.jubernetes.controllermanager.namespace;

import org.jspecify.annotations.NullMarked;
