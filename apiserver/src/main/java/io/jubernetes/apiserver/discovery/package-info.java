/// What the server tells about the resources it serves, plain and aggregated.
@NullMarked
package io.jubernetes.apiserver.discovery;

import org.jspecify.annotations.NullMarked;
