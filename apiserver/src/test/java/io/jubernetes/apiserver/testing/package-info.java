/// What several tests of the API server share.
@NullMarked
package io.jubernetes.apiserver.testing;

import org.jspecify.annotations.NullMarked;
