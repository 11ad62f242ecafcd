/// Deletes finished jobs when their time to live is over.
@NullMarked
package io.jubernetes.controllermanager.ttl;

import org.jspecify.annotations.NullMarked;
