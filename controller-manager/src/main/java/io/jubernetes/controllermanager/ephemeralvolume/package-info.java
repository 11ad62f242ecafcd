/// Makes the claims of pods' `ephemeral` volumes. They belong to the pod and go with it.
@NullMarked
package io.jubernetes.controllermanager.ephemeralvolume;

import org.jspecify.annotations.NullMarked;
