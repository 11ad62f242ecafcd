/// Publishes the cluster's certificate authority to every namespace.
@NullMarked
package io.jubernetes.controllermanager.rootca;

import org.jspecify.annotations.NullMarked;
