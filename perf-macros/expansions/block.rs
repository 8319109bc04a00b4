#[timed(level = "debug")]
impl Pool {
    const SIZE: usize = 4;

    fn get(&self) -> Connection {
        self.take()
    }

    #[timed(skip)]
    fn len(&self) -> usize {
        self.connections.len()
    }

    const fn size() -> usize {
        Self::SIZE
    }
}

// becomes

impl Pool {
    const SIZE: usize = 4;
    fn get(&self) -> Connection {
        #![allow(clippy::items_after_statements)]
        let __perfkit_scope = ::perfkit::__private::Scope::enter({
            fn here() {}
            static SITE: ::perfkit::__private::CallSite =
                ::perfkit::__private::CallSite::new(::perfkit::__private::Name::Path(|| {
                    ::perfkit::__private::type_name_of_val(&here)
                }))
                .level(::perfkit::__private::LevelFilter::DEBUG);
            &SITE
        });
        self.take()
    }
    #[timed(skip)]
    fn len(&self) -> usize {
        self.connections.len()
    }
    const fn size() -> usize {
        Self::SIZE
    }
}
