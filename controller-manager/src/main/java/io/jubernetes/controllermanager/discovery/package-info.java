/// What resources an API server serves, and watches on the metadata of any of them.
@NullMarked
package io.jubernetes.controllermanager.discovery;

import org.jspecify.annotations.NullMarked;
